//! Machine code of this process: made by Cranelift, kept in executable memory,
//! called. All `unsafe` of the crate is here.

use super::CodeError;
use super::threads::in_parallel;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{AbiParam, Signature};
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{Configurable, Flags};
use cranelift_codegen::{Context, settings};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{Linkage, Module};
use std::ops::Range;
use std::sync::Mutex;

/// A function: the address of the model's buffer, and one more argument.
type Entry = unsafe extern "C" fn(*mut u64, u64);

/// Functions in executable memory.
pub(super) struct Machine {
    entries: Vec<Entry>,
    bytes: usize,
    /// Owns the memory; `None` only while it is dropped.
    module: Mutex<Option<JITModule>>,
}

/// Makes functions for this host.
pub(super) struct Compiler {
    isa: OwnedTargetIsa,
}

impl Compiler {
    /// For this host. The verifier finds mistakes of ours; it is on in tests.
    pub fn new(verify: bool) -> Result<Self, CodeError> {
        let unsupported = |reason: String| CodeError::UnsupportedHost { reason };
        if cfg!(target_endian = "big") {
            return Err(unsupported("a little-endian host is needed".into()));
        }
        let mut flags = settings::builder();
        let switches = [
            ("opt_level", "none"),
            ("enable_verifier", if verify { "true" } else { "false" }),
            ("unwind_info", "false"),
            ("is_pic", "false"),
            ("use_colocated_libcalls", "false"),
            ("enable_probestack", "false"),
            ("enable_table_access_spectre_mitigation", "false"),
            ("enable_heap_access_spectre_mitigation", "false"),
        ];
        for (name, value) in switches {
            (flags.set(name, value)).map_err(|error| CodeError::Cranelift {
                message: format!("setting {name}={value}: {error}"),
            })?;
        }
        let isa = (cranelift_native::builder().map_err(|reason| unsupported(reason.into()))?)
            .finish(Flags::new(flags))
            .map_err(|error| unsupported(error.to_string()))?;
        if isa.pointer_bytes() != 8 {
            return Err(unsupported("a 64-bit host is needed".into()));
        }
        Ok(Self { isa })
    }

    /// Compiles functions `0 .. count`, each written by `write`.
    pub fn compile(
        &self,
        threads: usize,
        count: usize,
        write: impl Fn(usize, &mut FunctionBuilder) + Sync,
    ) -> Result<Machine, CodeError> {
        let make = || (Context::new(), FunctionBuilderContext::new());
        let codes = in_parallel(threads, count, make, |(context, frontend), index| {
            context.clear();
            context.func.signature = self.signature();
            let mut builder = FunctionBuilder::new(&mut context.func, frontend);
            write(index, &mut builder);
            builder.finalize(self.isa.frontend_config());
            let code = context
                .compile(&*self.isa, &mut ControlPlane::default())
                .map_err(|error| CodeError::Cranelift {
                    message: format!("{:?}", error.inner),
                })?;
            match code.buffer.relocs() {
                [] => Ok(code.code_buffer().to_vec()),
                _ => Err(CodeError::Cranelift {
                    message: "code calls something outside".into(),
                }),
            }
        });
        self.load(&codes.into_iter().collect::<Result<Vec<_>, _>>()?)
    }

    fn signature(&self) -> Signature {
        let mut signature = Signature::new(self.isa.default_call_conv());
        signature.params = vec![AbiParam::new(I64); 2];
        signature
    }

    /// Puts code in executable memory.
    fn load(&self, codes: &[Vec<u8>]) -> Result<Machine, CodeError> {
        let failed = |error: cranelift_module::ModuleError| CodeError::Cranelift {
            message: error.to_string(),
        };
        let names = cranelift_module::default_libcall_names();
        let mut module = JITModule::new(JITBuilder::with_isa(self.isa.clone(), names));
        let mut ids = Vec::with_capacity(codes.len());
        for (index, code) in codes.iter().enumerate() {
            let id = module
                .declare_function(&format!("part{index}"), Linkage::Local, &self.signature())
                .map_err(failed)?;
            (module.define_function_bytes(id, 32, code, &[])).map_err(failed)?;
            ids.push(id);
        }
        module.finalize_definitions().map_err(failed)?;
        let entry = |id: &cranelift_module::FuncId| {
            let address = module.get_finalized_function(*id);
            // SAFETY: the address is the begin of a function that was compiled
            // with the signature of `Entry` and the C calling convention of this
            // host, in memory that lives as long as the `Machine`.
            unsafe { std::mem::transmute::<*const u8, Entry>(address) }
        };
        Ok(Machine {
            entries: ids.iter().map(entry).collect(),
            bytes: codes.iter().map(Vec::len).sum(),
            module: Mutex::new(Some(module)),
        })
    }
}

impl Machine {
    /// Bytes of machine code.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Calls functions one after the other with a number.
    ///
    /// # Safety
    /// The functions may only touch the words of `state`.
    pub unsafe fn call(&self, functions: Range<usize>, state: &mut [u64], argument: u64) {
        for entry in &self.entries[functions] {
            // SAFETY: the caller says that the function stays in the buffer.
            unsafe { entry(state.as_mut_ptr(), argument) };
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let module = match self.module.get_mut() {
            Ok(module) => module.take(),
            Err(poisoned) => poisoned.into_inner().take(),
        };
        if let Some(module) = module {
            // SAFETY: nobody else has the function pointers, and nobody runs
            // them: this is the only reference to the machine.
            unsafe { module.free_memory() };
        }
    }
}
