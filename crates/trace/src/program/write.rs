//! Programs written as text; [`super::text`] reads it.

use std::fmt;

use super::{Intervention, Op, Passes, Place, Row, Source, Span, Target, text::is_bare};

impl fmt::Display for Intervention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let off = if self.is_on { "" } else { "~" };
        write!(f, "{off}{} {}", self.place, self.op)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.target {
            Target::Sites(pattern) => f.write_str(pattern.as_str())?,
            Target::Part { component, layer, pass, head } => {
                write!(f, "{}.{layer}", component.name())?;
                match pass {
                    Passes::One(0) => {}
                    Passes::One(pass) => write!(f, "#{}", pass + 1)?,
                    Passes::All => f.write_str("#*")?,
                }
                if let Some(head) = head {
                    write!(f, ".{head}")?;
                }
            }
        }
        list(f, ":", &self.heads)?;
        list(f, "@", &self.positions)
    }
}

fn list<T: fmt::Display>(f: &mut fmt::Formatter<'_>, before: &str, all: &[T]) -> fmt::Result {
    for (place, it) in all.iter().enumerate() {
        write!(f, "{}{it}", if place == 0 { before } else { "," })?;
    }
    Ok(())
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Span::One(pos) => write!(f, "{pos}"),
            Span::Through(from, to) => write!(f, "{from}-{to}"),
            Span::From(from) => write!(f, "{from}-"),
            Span::Last => f.write_str("last"),
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let some =
            |strength: f32| if strength == 1.0 { String::new() } else { format!("{strength} ") };
        match self {
            Op::Scale { factor } => write!(f, "scale {factor}"),
            Op::Set { source: Source::Unchanged, strength } if *strength == 1.0 => {
                f.write_str("freeze")
            }
            Op::Set { source: Source::Unchanged, strength } => write!(f, "freeze {strength}"),
            Op::Set { source, strength } => write!(f, "set {}{source}", some(*strength)),
            Op::Add { source, strength } => write!(f, "add {strength} {source}"),
            Op::ProjectOut { source, strength } => {
                write!(f, "project-out {}{source}", some(*strength))
            }
            Op::Clamp { low, high, along } => {
                write!(f, "clamp {low} {high}")?;
                along.as_ref().map_or(Ok(()), |it| write!(f, " along {it}"))
            }
            Op::Hide { keys } => list(f, "hide ", keys),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Zero => f.write_str("zero"),
            Source::Mean => f.write_str("mean"),
            Source::Unchanged => f.write_str("unchanged"),
            Source::Run { prompt } => write!(f, "run({})", quoted(prompt)),
            Source::Token { token } => write!(f, "token({})", argument(token)),
            Source::Difference { a, b } => {
                write!(f, "token({})-token({})", argument(a), argument(b))
            }
            Source::Axis { number } => write!(f, "axis({number})"),
            Source::Row(Row::Uniform) => f.write_str("uniform"),
            Source::Row(Row::First) => f.write_str("first"),
            Source::Row(Row::Own) => f.write_str("self"),
            Source::Row(Row::Previous) => f.write_str("previous"),
            Source::Row(Row::Key(key)) => write!(f, "key({key})"),
            Source::Fact { fact, value } => {
                let value: Vec<String> = value.iter().map(f32::to_string).collect();
                write!(f, "fact({})", argument(&format!("{fact}:{}", value.join(","))))
            }
        }
    }
}

fn argument(text: &str) -> String {
    let is_plain = !text.is_empty() && text.chars().all(is_bare);
    if is_plain { text.to_owned() } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
