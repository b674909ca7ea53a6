//! The canonical text of a filter, which parses to the same tree.

use std::fmt;

use super::{Comparison, Expression, Filter, Literal};
use crate::path::AttributePath;
use crate::{instant, json, text};

/// How literals are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// As sent.
    Exact,
    /// Folded, where the attribute compares without case.
    Folded,
}

impl fmt::Display for Filter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        write(&mut out, &self.expression, Style::Exact);
        formatter.write_str(&out)
    }
}

/// The text of a condition in brackets, without the brackets.
pub(super) fn condition(expression: &Expression) -> String {
    let mut out = String::new();
    Writer { out: &mut out, style: Style::Exact, within: true }.expression(expression);
    out
}

pub(super) fn write(out: &mut String, expression: &Expression, style: Style) {
    Writer { out, style, within: false }.expression(expression);
}

struct Writer<'o> {
    out: &'o mut String,
    style: Style,
    /// Whether paths are written as sub-attributes of the value in brackets.
    within: bool,
}

impl Writer<'_> {
    fn expression(&mut self, expression: &Expression) {
        match expression {
            Expression::And(parts) => self.joined(parts, " and "),
            Expression::Or(parts) => self.joined(parts, " or "),
            Expression::Not(part) => {
                self.out.push_str("not (");
                self.expression(part);
                self.out.push(')');
            }
            Expression::Present(path) => {
                self.path(path);
                self.out.push_str(" pr");
            }
            Expression::Compare(comparison) => self.comparison(comparison),
            Expression::Values { attribute, condition } => {
                self.path(attribute);
                self.out.push('[');
                Writer { out: self.out, style: self.style, within: true }.expression(condition);
                self.out.push(']');
            }
        }
    }

    fn joined(&mut self, parts: &[Expression], word: &str) {
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                self.out.push_str(word);
            }
            // `and` binds closer, so only an `or` inside an `and` needs its parentheses.
            let grouped = matches!(part, Expression::Or(_));
            if grouped {
                self.out.push('(');
            }
            self.expression(part);
            if grouped {
                self.out.push(')');
            }
        }
    }

    fn comparison(&mut self, comparison: &Comparison) {
        self.path(&comparison.path);
        self.out.push(' ');
        self.out.push_str(comparison.operator.as_str());
        self.out.push(' ');
        match &comparison.literal {
            Literal::Boolean(value) => self.out.push_str(if *value { "true" } else { "false" }),
            Literal::Integer(value) => self.out.push_str(&value.to_string()),
            Literal::Instant(micros) => json::write_text(self.out, &instant::exact(*micros)),
            Literal::Text(text) if self.style == Style::Folded && !comparison.path.leaf().case_exact => {
                json::write_text(self.out, &text::fold(text));
            }
            Literal::Text(text) => json::write_text(self.out, text),
        }
    }

    fn path(&mut self, path: &AttributePath) {
        match path.sub_attribute {
            Some(sub_attribute) if self.within => self.out.push_str(sub_attribute.name),
            _ => self.out.push_str(&path.to_string()),
        }
    }
}
