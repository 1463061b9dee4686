//! `#[derive(SettledBlock)]`: RustHDL's `Block`, evaluated only where something changed.
//!
//! RustHDL's own `#[derive(LogicBlock)]` runs every kernel and compares every
//! signal of the design in every pass, and moves a change by one level of
//! hierarchy a pass. A kernel is a pure function of the block's inputs and of its
//! children's outputs, so this derive
//! - takes the inputs over first, and runs the kernel only if one of them changed;
//! - then updates the children, and runs the kernel again if one of them changed.
//!
//! The fixed point is the same, reached in fewer and cheaper passes. A rising
//! clock reaches every register of the design in one pass, before any kernel sees
//! what a register of a sibling took over: siblings are connected by their
//! parent's kernel alone, and that runs after all of them.
//!
//! A block with constants has no derived `Default`; this derive makes one. A field
//! with `#[value(expression)]` gets it: a `Constant<Bits<_>>` as its bits, others as it is.
//! All other fields get their default. With `#[config(Type)]` on the struct it makes
//! `new(config: &Type)` instead, and the expressions may use `config`.
//!
//! Fields are told apart by their types: `Signal<In, _>`, `Signal<Out, _>`,
//! `Signal<Local, _>`, `Constant<_>`; all others are child blocks. Names that begin
//! with `_` are no part of the hardware.
//!
//! With the feature `every-pass` blocks are followed as RustHDL's own derive does it:
//! to measure what this one gains.

use proc_macro::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, GenericArgument, PathArguments, Type, parse_macro_input};

#[derive(Clone, Copy)]
enum Kind {
    Input,
    Output,
    Local,
    Constant,
    Child,
}

/// The last identifier of a type's path, and the first generic argument's.
fn names(ty: &Type) -> Option<(String, String)> {
    let Type::Path(path) = ty else { return None };
    let segment = path.path.segments.last()?;
    let argument = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => match arguments.args.first() {
            Some(GenericArgument::Type(Type::Path(inner))) => inner
                .path
                .segments
                .last()
                .map(|inner| inner.ident.to_string()),
            _ => None,
        },
        _ => None,
    };
    Some((segment.ident.to_string(), argument.unwrap_or_default()))
}

fn kind(ty: &Type) -> Kind {
    let element = match ty {
        Type::Array(array) => &*array.elem,
        other => other,
    };
    match names(element) {
        Some((outer, inner)) if outer == "Signal" => match inner.as_str() {
            "In" => Kind::Input,
            "Out" => Kind::Output,
            _ => Kind::Local,
        },
        Some((outer, _)) if outer == "Constant" => Kind::Constant,
        _ => Kind::Child,
    }
}

/// The expression in a field's `#[value(..)]`.
fn value(field: &syn::Field) -> syn::Result<Option<syn::Expr>> {
    field
        .attrs
        .iter()
        .find(|attribute| attribute.path.is_ident("value"))
        .map(syn::Attribute::parse_args)
        .transpose()
}

/// The constructor, if the block asks for one.
fn constructor(
    input: &DeriveInput,
    data: &syn::DataStruct,
) -> syn::Result<proc_macro2::TokenStream> {
    let config = input
        .attrs
        .iter()
        .find(|attribute| attribute.path.is_ident("config"))
        .map(syn::Attribute::parse_args::<Type>)
        .transpose()?;
    let mut wanted = config.is_some();
    let mut fields = vec![];
    for field in &data.fields {
        let ident = &field.ident;
        fields.push(match value(field)? {
            Some(expression) => {
                wanted = true;
                match names(&field.ty) {
                    Some((outer, inner)) if outer == "Constant" && inner == "Bits" => {
                        quote!(#ident: Constant::new(bits((#expression) as u64)))
                    }
                    Some((outer, _)) if outer == "Constant" => {
                        quote!(#ident: Constant::new(#expression))
                    }
                    _ => quote!(#ident: #expression),
                }
            }
            None => quote!(#ident: Default::default()),
        });
    }
    if !wanted {
        return Ok(quote!());
    }
    let name = &input.ident;
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    Ok(match config {
        Some(config) => quote! {
            impl #impl_generics #name #type_generics #where_clause {
                /// The block, built for a configuration.
                pub fn new(config: &#config) -> Self {
                    Self { #(#fields),* }
                }
            }
        },
        None => quote! {
            impl #impl_generics Default for #name #type_generics #where_clause {
                fn default() -> Self {
                    Self { #(#fields),* }
                }
            }
        },
    })
}

/// See the crate's page.
#[proc_macro_derive(SettledBlock, attributes(value, config))]
pub fn settled_block(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let Data::Struct(data) = &input.data else {
        return syn::Error::new_spanned(&input.ident, "SettledBlock is for structs")
            .to_compile_error()
            .into();
    };
    let (mut inputs, mut outputs, mut children) = (vec![], vec![], vec![]);
    let (mut all, mut kinds) = (vec![], vec![]);
    for field in &data.fields {
        let Some(ident) = &field.ident else {
            return syn::Error::new_spanned(field, "SettledBlock needs named fields")
                .to_compile_error()
                .into();
        };
        if ident.to_string().starts_with('_') {
            continue;
        }
        all.push(ident.clone());
        kinds.push(kind(&field.ty));
        match kind(&field.ty) {
            Kind::Input => inputs.push(ident.clone()),
            Kind::Output => outputs.push(ident.clone()),
            Kind::Child => children.push(ident.clone()),
            Kind::Local | Kind::Constant => {}
        }
    }
    let constructor = match constructor(&input, data) {
        Ok(constructor) => constructor,
        Err(error) => return error.to_compile_error().into(),
    };
    let visits = all.iter().zip(&kinds).map(|(field, kind)| {
        let text = field.to_string();
        match kind {
            Kind::Child | Kind::Constant => {
                quote!(block::Block::accept(&self.#field, #text, probe);)
            }
            // Signals that nobody follows are not kept up to date while settling: a copy is.
            Kind::Input | Kind::Output | Kind::Local => quote! {{
                let mut shown = self.#field.clone();
                block::Block::update_all(&mut shown);
                block::Block::accept(&shown, #text, probe);
            }},
        }
    });
    let following = if cfg!(feature = "every-pass") {
        quote! {
            fn update_all(&mut self) {
                logic::Logic::update(self);
                #(block::Block::update_all(&mut self.#all);)*
            }
            fn has_changed(&self) -> bool {
                false #(|| block::Block::has_changed(&self.#all))*
            }
        }
    } else {
        quote! {
            fn update_all(&mut self) {
                #(block::Block::update_all(&mut self.#inputs);)*
                let mut live = false #(|| self.#inputs.changed)*;
                if live {
                    logic::Logic::update(self);
                }
                if live #(|| block::Block::has_changed(&self.#children))* {
                    #(block::Block::update_all(&mut self.#children);)*
                    if false #(|| block::Block::has_changed(&self.#children))* {
                        logic::Logic::update(self);
                        live = true;
                    }
                }
                if live {
                    #(block::Block::update_all(&mut self.#outputs);)*
                } else {
                    #(self.#outputs.changed = false;)*
                }
            }
            fn has_changed(&self) -> bool {
                false #(|| self.#inputs.changed)* #(|| self.#outputs.changed)*
                    #(|| block::Block::has_changed(&self.#children))*
            }
        }
    };
    let name = &input.ident;
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    quote! {
        #constructor
        impl #impl_generics block::Block for #name #type_generics #where_clause {
            fn connect_all(&mut self) {
                self.connect();
                #(block::Block::connect_all(&mut self.#children);)*
                // From here on only changes are followed.
                logic::Logic::update(self);
            }
            #following
            fn accept(&self, name: &str, probe: &mut dyn probe::Probe) {
                probe.visit_start_scope(name, self);
                #(#visits)*
                probe.visit_end_scope(name, self);
            }
        }
    }
    .into()
}
