//! The page: panels, state, keyboard. The only place with signals.

mod state; // start here

mod address;
mod answers;
mod attention_around;
mod attention_panel;
mod attribution_panel;
mod beside;
mod browser;
mod chart_panel;
mod derived;
mod engine_link;
mod export;
mod faces_panel;
mod figure;
mod film_panel;
mod half_life_panel;
mod head_answer;
mod help;
mod history;
mod icon;
mod interventions_panel;
mod keys;
mod labs;
mod lens_panel;
mod lesson;
mod menu;
mod missing;
mod modes_panel;
mod next_panel;
mod norms_panel;
mod notice;
mod panel;
mod panels;
mod paths_panel;
mod prompt_bar;
mod proof;
mod segments;
mod spine;
mod status_line;
mod step_panel;
mod steps_table;
mod top_bar;
mod workspace;

/// Puts the page into the document.
pub(crate) fn start() {
    leptos::mount::mount_to_body(workspace::Workspace);
}
