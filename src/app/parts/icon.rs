//! Small drawings on buttons.

use leptos::prelude::*;

/// What a button does, as a drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::app) enum Icon {
    Table,
    Maximise,
    Restore,
    Export,
    Theme,
    Help,
    Close,
    Undo,
    Redo,
    Up,
    Down,
    Done,
}

impl Icon {
    /// The path in a square of 16.
    fn path(self) -> &'static str {
        match self {
            Icon::Table => "M2.5 3.5h11v9h-11zM2.5 6.5h11M2.5 9.5h11M6.5 6.5v6",
            Icon::Maximise => "M9.5 3H13v3.5M6.5 13H3V9.5M13 3 9 7M3 13l4-4",
            Icon::Restore => "M12.5 7H9V3.5M3.5 9H7v3.5M9 7l4-4M7 9l-4 4",
            Icon::Export => "M8 2.5v7M5 6.8 8 9.8l3-3M3 12.8h10",
            Icon::Theme => "M8 3a5 5 0 1 0 0 10A5 5 0 0 0 8 3v10",
            Icon::Help => "M6 6.2a2 2 0 1 1 3 1.7c-.7.4-1 .8-1 1.6M8 12v.1",
            Icon::Down => "M4.5 6.5 8 10l3.5-3.5",
            Icon::Done => "M3.5 8.5l3 3 6-7",
            Icon::Close => "M4.5 4.5l7 7M11.5 4.5l-7 7",
            Icon::Undo => "M6 3.5 3 6.5l3 3M3 6.5h6.2a3.3 3.3 0 0 1 0 6.6H7",
            Icon::Redo => "M10 3.5l3 3-3 3M13 6.5H6.8a3.3 3.3 0 0 0 0 6.6H9",
            Icon::Up => "M4 9.5l4-4 4 4",
        }
    }
}

/// The drawing; its button says in words what it does.
#[component]
pub(in crate::app) fn Drawing(icon: Icon) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
            <path d=icon.path() />
        </svg>
    }
}
