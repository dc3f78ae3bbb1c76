//! Markdown as a small tree, so that a page can make its elements one by one.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::{Trouble, block, formula, front::clipped};

/// A part of a text that stands on lines of its own.
#[derive(Clone, Debug, PartialEq)]
pub enum Chunk {
    Paragraph(Vec<Inline>),
    /// A heading within a step.
    Heading(Vec<Inline>),
    /// Numbered from `first` where there is one.
    List {
        first: Option<u64>,
        items: Vec<Vec<Chunk>>,
    },
    Code(String),
}

/// A part of a line.
#[derive(Clone, Debug, PartialEq)]
pub enum Inline {
    Text(String),
    Emphasis(Vec<Inline>),
    Strong(Vec<Inline>),
    Code(String),
    /// To an address of http or https.
    Link {
        to: String,
        inner: Vec<Inline>,
    },
    Formula(Formula),
    Break,
}

/// A formula that may be put into a page as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Formula {
    pub mathml: String,
    pub latex: String,
    /// Whether it stands on a line of its own.
    pub is_block: bool,
}

/// What stands at the margin of a text.
pub(super) enum Piece {
    Chunk(Chunk),
    /// A `#` heading and its line.
    Title(String, usize),
    /// A fenced block with a word after the fence; the line is that of its first line of text.
    Fence {
        info: String,
        text: String,
        line: usize,
    },
}

/// Lists and emphasis in one another that are kept; deeper ones are laid flat.
const MOST_NESTED: usize = 24;

/// The pieces of a text whose first line has this number.
pub(super) fn pieces(text: &str, first_line: usize, troubles: &mut Vec<Trouble>) -> Vec<Piece> {
    let line_ends: Vec<usize> = text.match_indices('\n').map(|it| it.0).collect();
    let mut builder =
        Builder { pieces: Vec::new(), frames: vec![Frame::new(Kind::Root, 0)], troubles };
    for (event, range) in Parser::new_ext(text, Options::ENABLE_MATH).into_offset_iter() {
        let line = first_line + line_ends.partition_point(|it| *it < range.start);
        builder.take(event, line);
    }
    builder.settle();
    builder.pieces
}

/// The same where neither steps nor blocks begin.
pub(super) fn chunks(text: &str, first_line: usize, troubles: &mut Vec<Trouble>) -> Vec<Chunk> {
    let chunk = |piece| match piece {
        Piece::Chunk(chunk) => chunk,
        Piece::Title(title, _) => Chunk::Heading(vec![Inline::Text(title)]),
        Piece::Fence { text, .. } => Chunk::Code(text),
    };
    pieces(text, first_line, troubles).into_iter().map(chunk).collect()
}

/// A text of one line.
pub(super) fn line(text: &str, line: usize, troubles: &mut Vec<Trouble>) -> Vec<Inline> {
    match chunks(text, line, troubles).into_iter().next() {
        Some(Chunk::Paragraph(inner) | Chunk::Heading(inner)) => inner,
        _ => vec![Inline::Text(text.to_owned())],
    }
}

struct Builder<'a> {
    pieces: Vec<Piece>,
    /// What is open, the innermost last; never empty.
    frames: Vec<Frame>,
    troubles: &'a mut Vec<Trouble>,
}

/// Something that was begun and not ended.
struct Frame {
    kind: Kind,
    line: usize,
    inner: Vec<Inline>,
    chunks: Vec<Chunk>,
    items: Vec<Vec<Chunk>>,
    text: String,
}

enum Kind {
    Root,
    Paragraph,
    Heading(HeadingLevel),
    List(Option<u64>),
    Item,
    Quote,
    Emphasis,
    Strong,
    Link(String),
    Image,
    Code(String),
    Html,
}

impl Frame {
    fn new(kind: Kind, line: usize) -> Self {
        let text = String::new();
        Self { kind, line, inner: Vec::new(), chunks: Vec::new(), items: Vec::new(), text }
    }

    /// Text without a paragraph of its own becomes one.
    fn close_line(&mut self) {
        let inner = std::mem::take(&mut self.inner);
        if !inner.is_empty() {
            self.chunks.push(Chunk::Paragraph(inner));
        }
    }

    fn add_text(&mut self, text: &str) {
        match self.inner.last_mut() {
            Some(Inline::Text(before)) => before.push_str(text),
            _ => self.inner.push(Inline::Text(text.to_owned())),
        }
    }
}

impl Builder<'_> {
    fn top(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("the root is never closed")
    }

    fn take(&mut self, event: Event<'_>, line: usize) {
        match event {
            Event::Start(tag) => self.frames.push(Frame::new(kind(tag), line)),
            Event::End(TagEnd::MetadataBlock(_)) => {}
            Event::End(_) => self.close(),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => {
                let top = self.top();
                match top.kind {
                    Kind::Code(_) | Kind::Html => top.text.push_str(&text),
                    _ => top.add_text(&text),
                }
            }
            Event::Code(text) => self.top().inner.push(Inline::Code(text.into_string())),
            Event::InlineMath(latex) => self.formula(&latex, false, line),
            Event::DisplayMath(latex) => self.formula(&latex, true, line),
            Event::SoftBreak => self.top().add_text(" "),
            Event::HardBreak => self.top().inner.push(Inline::Break),
            Event::Rule | Event::FootnoteReference(_) | Event::TaskListMarker(_) => {}
        }
    }

    fn formula(&mut self, latex: &str, is_block: bool, line: usize) {
        let made = match formula::mathml(latex, is_block) {
            Ok(mathml) => Inline::Formula(Formula { mathml, latex: latex.to_owned(), is_block }),
            Err(why) => {
                let what = format!("the formula “{}” cannot be read: {why}", clipped(latex));
                self.troubles.push(Trouble::new(line, what, "it is shown as it was written"));
                Inline::Code(latex.to_owned())
            }
        };
        self.top().inner.push(made);
    }

    /// Ends the innermost part and gives it to the one around it.
    fn close(&mut self) {
        if self.frames.len() < 2 {
            return;
        }
        let Some(mut frame) = self.frames.pop() else { return };
        let is_deep = MOST_NESTED < self.frames.len();
        let is_at_margin = self.frames.len() == 1;
        frame.close_line_of_block();
        match frame.kind {
            Kind::Emphasis | Kind::Strong | Kind::Link(_) | Kind::Image => {
                self.close_inline(frame, is_deep);
                return;
            }
            _ => {}
        }
        self.top().close_line();
        let around = self.top();
        match frame.kind {
            Kind::Heading(HeadingLevel::H1) if is_at_margin => {
                self.settle();
                self.pieces.push(Piece::Title(plain(&frame.inner), frame.line));
            }
            Kind::Heading(_) => around.chunks.push(Chunk::Heading(frame.inner)),
            Kind::List(_) if is_deep => around.chunks.extend(frame.items.into_iter().flatten()),
            Kind::List(first) => around.chunks.push(Chunk::List { first, items: frame.items }),
            Kind::Item => around.items.push(frame.chunks),
            Kind::Code(info) if is_at_margin && !info.is_empty() => {
                self.settle();
                let line = frame.line + 1;
                self.pieces.push(Piece::Fence { info, text: frame.text, line });
            }
            Kind::Code(info) => {
                around.chunks.push(Chunk::Code(frame.text));
                if block::is_key(info.split_whitespace().next().unwrap_or_default()) {
                    let what = format!("`{}` stands inside a list or a quote", clipped(&info));
                    self.troubles.push(Trouble::new(frame.line, what, "begin it at the margin"));
                }
            }
            Kind::Html => {
                let text = frame.text.trim_end().to_owned();
                around.chunks.push(Chunk::Paragraph(vec![Inline::Text(text)]));
            }
            _ => around.chunks.extend(frame.chunks),
        }
        if is_at_margin {
            self.settle();
        }
    }

    fn close_inline(&mut self, frame: Frame, is_deep: bool) {
        let line = frame.line;
        let inner = frame.inner;
        let made = match frame.kind {
            _ if is_deep => None,
            Kind::Emphasis => Some(Inline::Emphasis(inner.clone())),
            Kind::Strong => Some(Inline::Strong(inner.clone())),
            Kind::Link(to) if is_web(&to) => Some(Inline::Link { to, inner: inner.clone() }),
            Kind::Link(to) => {
                let what = format!("“{}” is no address of http or https", clipped(&to));
                self.troubles.push(Trouble::new(line, what, "write the whole address"));
                None
            }
            _ => {
                let fix = "describe it, or link to it";
                self.troubles.push(Trouble::new(line, "pictures are not shown", fix));
                None
            }
        };
        match made {
            Some(made) => self.top().inner.push(made),
            None => self.top().inner.extend(inner),
        }
    }

    /// What stands at the margin is a piece.
    fn settle(&mut self) {
        self.top().close_line();
        let chunks = std::mem::take(&mut self.top().chunks);
        self.pieces.extend(chunks.into_iter().map(Piece::Chunk));
    }
}

impl Frame {
    /// Items and quotes hold lines as well as paragraphs.
    fn close_line_of_block(&mut self) {
        if matches!(self.kind, Kind::Item | Kind::Quote | Kind::Paragraph) {
            self.close_line();
        }
    }
}

fn kind(tag: Tag<'_>) -> Kind {
    match tag {
        Tag::Paragraph => Kind::Paragraph,
        Tag::Heading { level, .. } => Kind::Heading(level),
        Tag::List(first) => Kind::List(first),
        Tag::Item => Kind::Item,
        Tag::Emphasis => Kind::Emphasis,
        Tag::Strong => Kind::Strong,
        Tag::Link { dest_url, .. } => Kind::Link(dest_url.into_string()),
        Tag::Image { .. } => Kind::Image,
        Tag::CodeBlock(CodeBlockKind::Fenced(info)) => Kind::Code(info.trim().to_owned()),
        Tag::CodeBlock(CodeBlockKind::Indented) => Kind::Code(String::new()),
        Tag::HtmlBlock => Kind::Html,
        _ => Kind::Quote,
    }
}

fn is_web(address: &str) -> bool {
    ["https://", "http://"]
        .iter()
        .any(|it| address.get(..it.len()).is_some_and(|start| start.eq_ignore_ascii_case(it)))
}

/// The letters of a line.
fn plain(inner: &[Inline]) -> String {
    let text = |it: &Inline| match it {
        Inline::Text(text) | Inline::Code(text) => text.clone(),
        Inline::Emphasis(inner) | Inline::Strong(inner) | Inline::Link { inner, .. } => {
            plain(inner)
        }
        Inline::Formula(formula) => formula.latex.clone(),
        Inline::Break => " ".to_owned(),
    };
    inner.iter().map(text).collect()
}
