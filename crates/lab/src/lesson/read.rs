//! From the text of a lesson to its steps.

use super::{
    Block, Lesson, MOST_BYTES, Step, Trouble, block, front,
    prose::{self, Piece},
};

impl Lesson {
    /// Reads a lesson, with what is wrong in the order of its lines.
    pub fn read(text: &str) -> (Self, Vec<Trouble>) {
        if MOST_BYTES < text.len() {
            let what = format!("the lesson has {} bytes, and {MOST_BYTES} are read", text.len());
            return (Self::default(), vec![Trouble::new(1, what, "make two lessons of it")]);
        }
        // A mark of the byte order, and lines as Windows ends them.
        let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
        let mut troubles = Vec::new();
        let (front, body, line) = front::read(&text, &mut troubles);
        let mut steps: Vec<Step> = Vec::new();
        let mut is_early = false;
        for piece in prose::pieces(body, line, &mut troubles) {
            match (piece, steps.last_mut()) {
                (Piece::Title(title, at), _) => {
                    if title.trim().is_empty() {
                        let what = "a step has no title";
                        troubles.push(Trouble::new(at, what, "write it after the `#`"));
                    }
                    steps.push(Step { title, blocks: Vec::new() });
                }
                (Piece::Chunk(chunk), Some(step)) => match step.blocks.last_mut() {
                    Some(Block::Prose(before)) => before.push(chunk),
                    _ => step.blocks.push(Block::Prose(vec![chunk])),
                },
                (Piece::Fence { info, text, line }, Some(step)) => {
                    block::read(step, &info, &text, line, &mut troubles);
                }
                (Piece::Chunk(_) | Piece::Fence { .. }, None) if !is_early => {
                    is_early = true;
                    let what = "what stands before the first step is not shown";
                    troubles.push(Trouble::new(line, what, "put it under a `# heading`"));
                }
                (Piece::Chunk(_) | Piece::Fence { .. }, None) => {}
            }
        }
        if steps.is_empty() {
            let fix = "begin each step with a line such as `# Switch it off`";
            troubles.push(Trouble::new(line, "the lesson has no step", fix));
        }
        troubles.sort_by_key(|it| it.line);
        (Self { front, steps }, troubles)
    }
}
