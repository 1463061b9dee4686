//! The tree of a source: what was written, with names as they stand and nothing resolved.
//!
//! Standard: IEEE 1364-2005, the synthesisable part that RustHDL emits and what
//! one writes by hand beside it. See the crate's page for the subset.

use crate::source::Location;
use num_bigint::BigUint;
use std::sync::Arc;

/// A name, and where it stands.
#[derive(Clone, Debug)]
pub struct Name {
    /// The text; without the leading backslash and trailing blank of an escaped name.
    pub text: Arc<str>,
    /// Its first character.
    pub at: Location,
}

/// A module.
#[derive(Clone, Debug)]
pub struct Module {
    /// Its name.
    pub name: Name,
    /// The ports in the order of the header.
    pub ports: Vec<Name>,
    /// Everything else, in order; declarations in the header come first.
    pub items: Vec<Item>,
}

/// What a module consists of.
#[derive(Clone, Debug)]
pub enum Item {
    /// Port, wire, reg or integer: one item for each name that is declared.
    Declaration(Declaration),
    /// `parameter` or `localparam`.
    Parameter(Parameter),
    /// `assign target = value;`
    Assign(Assign),
    /// `always @(...) body`
    Always(Always),
    /// `initial body`
    Initial(Statement),
    /// A module in the module.
    Instance(Instance),
}

/// Direction of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// `input`
    Input,
    /// `output`
    Output,
    /// `inout`: parsed so that it can be refused by name.
    Inout,
}

/// What sort of thing a declaration makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetKind {
    /// `wire`, also a port without `reg`.
    Wire,
    /// `reg`
    Reg,
    /// `integer`: a signed reg of 32 bits.
    Integer,
}

/// Declaration of one name. A port that is declared in two steps (`output q; reg q;`)
/// gives two declarations.
#[derive(Clone, Debug)]
pub struct Declaration {
    /// `None` for what is not a port.
    pub direction: Option<Direction>,
    /// Wire, reg or integer.
    pub kind: NetKind,
    /// `signed` was said; an integer is signed in any case.
    pub signed: bool,
    /// `[msb:lsb]`; one bit without it.
    pub range: Option<Range>,
    /// What is declared.
    pub name: Name,
    /// `[first:last]` behind the name: a memory.
    pub memory: Option<Range>,
    /// `= value` in the declaration: a continuous assignment for a wire, an
    /// initial value for a reg.
    pub value: Option<Expression>,
}

/// `[msb:lsb]`, both constant.
#[derive(Clone, Debug)]
pub struct Range {
    /// Left of the colon.
    pub msb: Expression,
    /// Right of the colon.
    pub lsb: Expression,
}

/// A constant by name.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// `localparam`: an instance cannot change it.
    pub local: bool,
    /// `signed` was said.
    pub signed: bool,
    /// `[msb:lsb]`; without it the value's own width.
    pub range: Option<Range>,
    /// Its name.
    pub name: Name,
    /// Its value.
    pub value: Expression,
}

/// A continuous assignment.
#[derive(Clone, Debug)]
pub struct Assign {
    /// What is driven.
    pub target: Target,
    /// With what.
    pub value: Expression,
    /// The word `assign`.
    pub at: Location,
}

/// An `always` block.
#[derive(Clone, Debug)]
pub struct Always {
    /// When it runs.
    pub trigger: Trigger,
    /// What it does.
    pub body: Statement,
    /// The word `always`.
    pub at: Location,
}

/// Sensitivity of an `always` block.
#[derive(Clone, Debug)]
pub enum Trigger {
    /// `@(*)` or `@*`.
    Any,
    /// `@(a or b, c)` without edges: treated as `@(*)`, as synthesis does.
    Levels(Vec<Name>),
    /// `@(posedge a or negedge b ...)`, at least one.
    Edges(Vec<Edge>),
}

/// An edge in a sensitivity list.
#[derive(Clone, Debug)]
pub struct Edge {
    /// `posedge`, else `negedge`.
    pub rising: bool,
    /// Of what.
    pub signal: Name,
}

/// `module #(.P(value)) name(.port(expression), ...);`
#[derive(Clone, Debug)]
pub struct Instance {
    /// The module.
    pub module: Name,
    /// Named parameters.
    pub parameters: Vec<(Name, Expression)>,
    /// Name of the instance.
    pub name: Name,
    /// Named ports; `None` for `.port()`.
    pub ports: Vec<(Name, Option<Expression>)>,
}

/// A statement.
#[derive(Clone, Debug)]
pub enum Statement {
    /// `;` alone.
    Null,
    /// `begin ... end`
    Block(Vec<Statement>),
    /// `if (condition) then else otherwise`
    If {
        /// Condition.
        condition: Expression,
        /// Done if it is not zero.
        then: Box<Statement>,
        /// Done if it is zero; [`Statement::Null`] without `else`.
        otherwise: Box<Statement>,
    },
    /// `case (subject) ... endcase`
    Case {
        /// What is compared.
        subject: Expression,
        /// Labels and what is done, the first that fits.
        arms: Vec<(Vec<Expression>, Statement)>,
        /// `default`
        default: Option<Box<Statement>>,
        /// The word `case`.
        at: Location,
    },
    /// `for (variable = first; condition; variable = next) body`
    For {
        /// The loop's variable.
        variable: Name,
        /// Its first value.
        first: Expression,
        /// The loop goes on while this is not zero.
        condition: Expression,
        /// Value of the variable in the next turn.
        next: Expression,
        /// What is repeated.
        body: Box<Statement>,
    },
    /// `target = value;` or `target <= value;`
    Assign {
        /// What is assigned.
        target: Target,
        /// Its value.
        value: Expression,
        /// `=`; else `<=`.
        blocking: bool,
    },
}

/// What stands left of an assignment.
#[derive(Clone, Debug)]
pub enum Target {
    /// A name, or a part of it.
    Part {
        /// The net or memory.
        name: Name,
        /// Selects, from left to right; empty for the whole.
        selects: Vec<Select>,
    },
    /// `{a, b}`, the first is the uppermost.
    Concat(Vec<Target>),
}

/// A select behind a name. For a memory the first one is its address.
#[derive(Clone, Debug)]
pub enum Select {
    /// `[index]`
    Index(Expression),
    /// `[msb:lsb]`, both constant.
    Range(Range),
    /// `[first +: width]`: bits first … first+width-1.
    Up {
        /// Lowest bit.
        first: Expression,
        /// Number of bits, constant.
        width: Expression,
    },
    /// `[first -: width]`: bits first-width+1 … first.
    Down {
        /// Uppermost bit.
        first: Expression,
        /// Number of bits, constant.
        width: Expression,
    },
}

/// An expression, and where it begins.
#[derive(Clone, Debug)]
pub struct Expression {
    /// What it is.
    pub kind: ExpressionKind,
    /// Its first character.
    pub at: Location,
}

/// The kinds of expressions.
#[derive(Clone, Debug)]
pub enum ExpressionKind {
    /// A number.
    Literal {
        /// Its width as written; `None` for an unsized one, which is 32 bits wide at least.
        width: Option<u32>,
        /// A plain decimal number, or a base with `s`.
        signed: bool,
        /// Its value, already cut to its width.
        value: BigUint,
    },
    /// A name, or a part of it.
    Part {
        /// Net, memory or parameter.
        name: Name,
        /// Selects, from left to right; empty for the whole.
        selects: Vec<Select>,
    },
    /// An operator in front.
    Unary(Unary, Box<Expression>),
    /// An operator between.
    Binary(Binary, Box<Expression>, Box<Expression>),
    /// `condition ? then : otherwise`
    Conditional(Box<Expression>, Box<Expression>, Box<Expression>),
    /// `{a, b}`, the first is the uppermost.
    Concat(Vec<Expression>),
    /// `{count{a, b}}`
    Repeat(Box<Expression>, Vec<Expression>),
    /// `$signed(a)`
    Signed(Box<Expression>),
    /// `$unsigned(a)`
    Unsigned(Box<Expression>),
}

/// Operators in front of one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unary {
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `~`
    Not,
    /// `!`
    LogicalNot,
    /// `&`
    ReduceAnd,
    /// `~&`
    ReduceNand,
    /// `|`
    ReduceOr,
    /// `~|`
    ReduceNor,
    /// `^`
    ReduceXor,
    /// `~^` or `^~`
    ReduceXnor,
}

/// Operators between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`: in constant expressions only.
    Divide,
    /// `%`: in constant expressions only.
    Modulo,
    /// `&`
    And,
    /// `|`
    Or,
    /// `^`
    Xor,
    /// `~^` or `^~`
    Xnor,
    /// `&&`
    LogicalAnd,
    /// `||`
    LogicalOr,
    /// `==`, and `===`, which is the same without x.
    Equal,
    /// `!=`, and `!==`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `<<`, and `<<<`, which is the same.
    ShiftLeft,
    /// `>>`
    ShiftRight,
    /// `>>>`: fills with the sign if the expression is signed.
    ShiftRightArithmetic,
}
