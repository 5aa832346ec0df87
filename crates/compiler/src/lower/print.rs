//! Canonical text of conditions with their macros opened.

use std::fmt::Write;

use falco_syntax::condition::ast::Expr;

use crate::compilation::Inner;
use crate::stage::{Condition, MacroUnit, RuleUnit};

/// Longer texts end in `…`: a list of a hundred thousand items in a thousand rules need not be printed a thousand times.
const MAX_TEXT: usize = 1 << 20;

/// A rule's condition with macros opened, as Falco prints it.
pub(crate) fn expanded_rule(inner: &Inner, unit: &RuleUnit) -> String {
    print(inner, &unit.condition, &unit.targets)
}

/// A macro's condition with macros opened.
pub(crate) fn expanded_macro(inner: &Inner, unit: &MacroUnit) -> String {
    print(inner, &unit.condition, &unit.targets)
}

fn print(inner: &Inner, condition: &Condition, targets: &[Option<u32>]) -> String {
    let mut printer = Printer { inner, out: String::new() };
    printer.condition(condition, targets);
    if printer.out.len() > MAX_TEXT {
        let mut end = MAX_TEXT;
        while !printer.out.is_char_boundary(end) {
            end -= 1;
        }
        printer.out.truncate(end);
        printer.out.push('…');
    }
    printer.out
}

struct Printer<'a> {
    inner: &'a Inner,
    out: String,
}

impl Printer<'_> {
    fn condition(&mut self, condition: &Condition, targets: &[Option<u32>]) {
        self.expr(&condition.parsed.expr, &mut targets.iter().copied());
    }

    /// `targets` gives what each reference means, in order.
    fn expr(&mut self, expr: &Expr, targets: &mut dyn Iterator<Item = Option<u32>>) {
        if self.out.len() > MAX_TEXT {
            return;
        }
        match expr {
            Expr::And { children, .. } => self.list(children, " and ", targets),
            Expr::Or { children, .. } => self.list(children, " or ", targets),
            Expr::Not { child, .. } => {
                self.out.push_str("not ");
                self.expr(child, targets);
            }
            Expr::Macro { name, .. } => {
                let inner = self.inner;
                let unit = targets.next().flatten().and_then(|t| inner.units.macro_(t));
                match unit {
                    Some(unit) => self.condition(&unit.condition, &unit.targets),
                    None => self.out.push_str(name),
                }
            }
            other => {
                // Writing to a string cannot fail.
                let _ = write!(self.out, "{other}");
            }
        }
    }

    fn list(&mut self, children: &[Expr], separator: &str, targets: &mut dyn Iterator<Item = Option<u32>>) {
        self.out.push('(');
        for (i, child) in children.iter().enumerate() {
            if i > 0 {
                self.out.push_str(separator);
            }
            self.expr(child, targets);
        }
        self.out.push(')');
    }
}
