//! The text of a lesson as elements. Nothing of it is read as HTML but MathML, which `lab` made.

use lab::lesson::{Chunk, Formula, Inline};
use leptos::prelude::*;

/// Paragraphs, lists and code.
pub(super) fn chunks(all: &[Chunk]) -> AnyView {
    all.iter().map(chunk).collect_view().into_any()
}

fn chunk(chunk: &Chunk) -> AnyView {
    match chunk {
        Chunk::Paragraph(inner) => view! { <p>{line(inner)}</p> }.into_any(),
        Chunk::Heading(inner) => view! { <h4>{line(inner)}</h4> }.into_any(),
        Chunk::List { first: None, items } => view! { <ul>{all_items(items)}</ul> }.into_any(),
        Chunk::List { first: Some(first), items } => {
            view! { <ol start=first.to_string()>{all_items(items)}</ol> }.into_any()
        }
        Chunk::Code(text) => {
            view! { <pre tabindex="0"><code>{text.clone()}</code></pre> }.into_any()
        }
    }
}

fn all_items(items: &[Vec<Chunk>]) -> AnyView {
    let item = |it: &Vec<Chunk>| {
        // An item of one line needs no paragraph.
        let inner = match &it[..] {
            [Chunk::Paragraph(inner)] => line(inner),
            all => chunks(all),
        };
        view! { <li>{inner}</li> }
    };
    items.iter().map(item).collect_view().into_any()
}

/// The parts of a line.
pub(super) fn line(all: &[Inline]) -> AnyView {
    all.iter().map(part).collect_view().into_any()
}

fn part(part: &Inline) -> AnyView {
    match part {
        Inline::Text(text) => text.clone().into_any(),
        Inline::Emphasis(inner) => view! { <em>{line(inner)}</em> }.into_any(),
        Inline::Strong(inner) => view! { <b>{line(inner)}</b> }.into_any(),
        Inline::Code(text) => view! { <code>{text.clone()}</code> }.into_any(),
        Inline::Link { to, inner } => view! {
            <a href=to.clone() target="_blank" rel="noopener noreferrer">{line(inner)}</a>
        }
        .into_any(),
        Inline::Formula(formula) => shown(formula),
        Inline::Break => view! { <br /> }.into_any(),
    }
}

fn shown(formula: &Formula) -> AnyView {
    let Formula { mathml, latex, is_block } = formula.clone();
    view! { <span class="formula" class:block=is_block title=latex inner_html=mathml></span> }
        .into_any()
}
