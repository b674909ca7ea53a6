//! From words to a checked tree, by recursive descent that never goes deeper than [`limits::FILTER_DEPTH`].

use super::check;
use super::lexer::{Lexer, Token, invalid};
use super::{Expression, Operator};
use crate::dialect::{Note, Notes};
use crate::error::{Quoted, RequestError, ScimType};
use crate::limits;
use crate::path::{self, AttributePath};
use crate::schema::{ResourceType, Type};

/// What the paths of a filter are relative to.
#[derive(Clone, Copy)]
pub(super) enum Scope<'s> {
    /// Resources of these types.
    Resource(&'s [ResourceType]),
    /// One value of a complex attribute: the condition in brackets.
    Value(AttributePath),
}

pub(super) fn parse(text: &str, scope: Scope<'_>, notes: &mut Notes) -> Result<Expression, RequestError> {
    if text.len() > limits::FILTER_BYTES {
        let detail = format!("the filter is longer than {} bytes", limits::FILTER_BYTES);
        return Err(RequestError::bad(ScimType::InvalidFilter, detail));
    }
    let mut parser = Parser { lexer: Lexer::new(text), peeked: None, terms: 0, notes };
    let expression = parser.disjunction(scope, 0)?;
    let position = parser.position();
    match parser.next()? {
        None => Ok(expression),
        Some(_) => Err(invalid(position, "expected `and`, `or` or the end")),
    }
}

struct Parser<'t, 'n> {
    lexer: Lexer<'t>,
    /// A word that was looked at, and where it began.
    peeked: Option<(Option<Token<'t>>, usize)>,
    terms: usize,
    notes: &'n mut Notes,
}

impl<'t> Parser<'t, '_> {
    fn next(&mut self) -> Result<Option<Token<'t>>, RequestError> {
        match self.peeked.take() {
            Some((token, _)) => Ok(token),
            None => self.lexer.next(),
        }
    }

    fn peek(&mut self) -> Result<Option<&Token<'t>>, RequestError> {
        if self.peeked.is_none() {
            let position = self.lexer.position();
            self.peeked = Some((self.lexer.next()?, position));
        }
        Ok(self.peeked.as_ref().and_then(|(token, _)| token.as_ref()))
    }

    fn position(&self) -> usize {
        self.peeked.as_ref().map_or(self.lexer.position(), |(_, position)| *position)
    }

    /// Takes the next word if it is this keyword, in any case.
    fn keyword(&mut self, keyword: &str) -> Result<bool, RequestError> {
        let found = matches!(self.peek()?, Some(Token::Word(word)) if word.eq_ignore_ascii_case(keyword));
        if found {
            self.next()?;
        }
        Ok(found)
    }

    fn expect(&mut self, expected: &Token<'_>, name: &str) -> Result<(), RequestError> {
        let position = self.position();
        match self.next()? {
            Some(token) if token == *expected => Ok(()),
            _ => Err(invalid(position, format!("expected `{name}`"))),
        }
    }

    fn disjunction(&mut self, scope: Scope<'_>, depth: usize) -> Result<Expression, RequestError> {
        let mut parts = vec![self.conjunction(scope, depth)?];
        while self.keyword("or")? {
            parts.push(self.conjunction(scope, depth)?);
        }
        Ok(Expression::any(parts))
    }

    fn conjunction(&mut self, scope: Scope<'_>, depth: usize) -> Result<Expression, RequestError> {
        let mut parts = vec![self.term(scope, depth)?];
        while self.keyword("and")? {
            parts.push(self.term(scope, depth)?);
        }
        Ok(Expression::all(parts))
    }

    fn term(&mut self, scope: Scope<'_>, depth: usize) -> Result<Expression, RequestError> {
        let position = self.position();
        match self.next()? {
            Some(Token::Open) => self.group(scope, depth, position),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("not") => {
                self.expect(&Token::Open, "(")?;
                Ok(Expression::Not(Box::new(self.group(scope, depth, position)?)))
            }
            Some(Token::Word(word)) => self.attribute_term(word, position, scope, depth),
            _ => Err(invalid(position, "expected an attribute, such as `userName eq \"ada@example.com\"`")),
        }
    }

    /// The inside of parentheses, after the opening one.
    fn group(&mut self, scope: Scope<'_>, depth: usize, position: usize) -> Result<Expression, RequestError> {
        let depth = deeper(depth, position)?;
        let inner = self.disjunction(scope, depth)?;
        self.expect(&Token::Close, ")")?;
        Ok(inner)
    }

    fn attribute_term(
        &mut self,
        word: &str,
        position: usize,
        scope: Scope<'_>,
        depth: usize,
    ) -> Result<Expression, RequestError> {
        self.terms += 1;
        if self.terms > limits::FILTER_TERMS {
            return Err(invalid(position, format!("more than {} comparisons", limits::FILTER_TERMS)));
        }
        let path = resolve(word, scope).map_err(|what| invalid(position, what))?;
        if matches!(self.peek()?, Some(Token::OpenBracket)) {
            if matches!(scope, Scope::Value(_)) {
                return Err(invalid(self.position(), "brackets cannot be nested"));
            }
            self.next()?;
            return self.values(path, position, depth);
        }
        let (operator, literal_position) = self.operator()?;
        match operator {
            None => Ok(Expression::Present(path)),
            Some(operator) => self.comparison(path, operator, literal_position),
        }
    }

    /// `pr` (as `None`) or a comparison operator, and where what follows begins.
    fn operator(&mut self) -> Result<(Option<Operator>, usize), RequestError> {
        let position = self.position();
        let operator = match self.next()? {
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("pr") => return Ok((None, position)),
            Some(Token::Word(word)) => operator_named(word),
            _ => None,
        };
        let operator = operator
            .ok_or_else(|| invalid(position, "expected an operator: eq, ne, co, sw, ew, gt, ge, lt, le or pr"))?;
        Ok((Some(operator), self.position()))
    }

    fn comparison(
        &mut self,
        path: AttributePath,
        operator: Operator,
        position: usize,
    ) -> Result<Expression, RequestError> {
        let literal = match self.next()? {
            Some(Token::Text(text)) => check::Given::Text(text),
            Some(Token::Word(word)) => check::Given::from_word(word)
                .ok_or_else(|| invalid(position, format!("{} is no value: put text in double quotes", Quoted(word))))?,
            _ => {
                return Err(invalid(
                    position,
                    "expected a value: text in double quotes, a number, true, false or null",
                ));
            }
        };
        check::comparison(path, operator, literal, self.notes).map_err(|what| invalid(position, what))
    }

    /// The inside of brackets after the opening one, and the comparison that Entra writes after them.
    fn values(&mut self, path: AttributePath, position: usize, depth: usize) -> Result<Expression, RequestError> {
        if path.leaf().kind != Type::Complex {
            return Err(invalid(position, format!("`{path}` has no sub-attributes to put in brackets")));
        }
        let depth = deeper(depth, position)?;
        let scope = Scope::Value(path);
        let mut condition = self.disjunction(scope, depth)?;
        self.expect(&Token::CloseBracket, "]")?;
        if self.peeked.is_none() && self.lexer.touches('.') {
            let position = self.position();
            if let Some(Token::Word(word)) = self.next()? {
                let after = self.attribute_term(&word[1..], position, scope, depth)?;
                condition = Expression::all(vec![condition, after]);
                self.notes.push(Note::FilteredSubAttribute);
            }
        }
        Ok(Expression::Values { attribute: path, condition: Box::new(condition) })
    }
}

fn deeper(depth: usize, position: usize) -> Result<usize, RequestError> {
    if depth >= limits::FILTER_DEPTH {
        return Err(invalid(position, format!("nested deeper than {} levels", limits::FILTER_DEPTH)));
    }
    Ok(depth + 1)
}

fn resolve(word: &str, scope: Scope<'_>) -> Result<AttributePath, String> {
    match scope {
        Scope::Resource(types) => AttributePath::resolve(word, types).map_err(|error| error.to_string()),
        Scope::Value(path) => path
            .attribute
            .sub_attribute(word)
            .filter(|_| path::is_name(word))
            .map(|sub_attribute| path.with(sub_attribute))
            .ok_or_else(|| format!("{} is not a sub-attribute of `{path}`", Quoted(word))),
    }
}

fn operator_named(word: &str) -> Option<Operator> {
    use Operator::{Contains, EndsWith, Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual, StartsWith};
    [Equal, NotEqual, Contains, StartsWith, EndsWith, Greater, GreaterOrEqual, Less, LessOrEqual]
        .into_iter()
        .find(|operator| operator.as_str().eq_ignore_ascii_case(word))
}
