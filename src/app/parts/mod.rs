//! What panels, labs and lessons are made of.

pub(in crate::app) mod export;
pub(in crate::app) mod field;
pub(in crate::app) mod figure;
pub(in crate::app) mod head_answer;
pub(in crate::app) mod icon;
pub(in crate::app) mod menu;
pub(in crate::app) mod phrase;
pub(in crate::app) mod segments;
pub(in crate::app) mod spine;
pub(in crate::app) mod steps_table;
