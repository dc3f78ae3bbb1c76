//! What stands around panels: top bar, prompt, spine, workspace, columns, keys, status line.

pub(in crate::app) mod columns;
pub(in crate::app) mod help;
pub(in crate::app) mod keys;
pub(in crate::app) mod missing;
pub(in crate::app) mod notice;
pub(in crate::app) mod prompt_bar;
pub(in crate::app) mod status_line;
pub(in crate::app) mod top_bar;
pub(in crate::app) mod workspace;
