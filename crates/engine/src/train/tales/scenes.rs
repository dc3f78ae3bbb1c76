//! The lines of the grammar, by what they are for.
//!
//! No line may begin with all of another line, and two lines must differ in words where they part:
//! then a text can be told in one way only, and `nats` of a story is exact.

use super::line::Line;
use super::line::Need::{self, Any, Held, List, Loose, Placed, Speaker};
use super::line::Then::{self, Lies, Nothing, SaidA, SaidB, Told, WithA, WithB, WithReceiver};

/// Lines of which a story may tell one next.
pub(super) struct Scene {
    /// The weight where 0, 1, 2 and more things lie in places.
    pub(super) weights: [f64; 4],
    pub(super) lines: &'static [Line],
}

/// All that a story can say.
pub(super) const SCENES: [Scene; 9] = [
    Scene { weights: [5.0, 5.5, 4.0, 2.0], lines: &PUT },
    Scene { weights: [0.0, 3.0, 7.0, 9.0], lines: &LOOK },
    Scene { weights: [2.2, 2.2, 2.2, 2.2], lines: &GIVE },
    Scene { weights: [0.8, 0.8, 0.8, 0.8], lines: &HAVE },
    Scene { weights: [1.4, 1.4, 1.4, 1.4], lines: &REPEAT },
    Scene { weights: [1.2, 1.2, 1.2, 1.2], lines: &AGREE },
    Scene { weights: [0.8, 0.8, 0.8, 0.8], lines: &REFER },
    Scene { weights: [1.5, 1.5, 1.5, 1.5], lines: &SPEAK },
    Scene { weights: [1.2, 1.2, 1.2, 1.2], lines: &PASS },
];

const fn line(weight: f64, need: Need, then: Then, text: &'static str) -> Line {
    Line { weight, need, then, text }
}

/// Things come to places.
const PUT: [Line; 7] = [
    line(0.28, Any, Lies, "$S put the $O in the $P ."),
    line(0.16, Any, Lies, "$S left the $O in the $P ."),
    line(0.14, Any, Lies, "$S hid the $O in the $P ."),
    line(0.10, Any, Lies, "$S carried the $O to the $P ."),
    line(0.10, Any, Lies, "$S picked up the $O . *He.A put it in the $P ."),
    line(0.08, Any, Lies, "In the $P $A hid the $O ."),
    line(0.08, Loose, Lies, "There was $a $O in the $P ."),
];

/// Things are where they were put: what is asked of `recall`.
const LOOK: [Line; 7] = [
    line(0.30, Placed, Nothing, "$S looked for the $O in the *P ."),
    line(0.18, Placed, Nothing, "$S found the $O in the *P ."),
    line(0.14, Placed, Lies, "$S moved the $O from the *P to the $P ."),
    line(0.10, Placed, WithA, "$S fetched the $O from the *P ."),
    line(0.10, Placed, Nothing, "$S needed the $O , so *he.A went to the *P ."),
    line(0.10, Placed, Nothing, "Where is the $O ? In the *P ."),
    line(0.08, Placed, Nothing, "The $O was still in the *P ."),
];

/// Things change hands.
const GIVE: [Line; 5] = [
    line(0.36, Loose, WithReceiver, "When $A and $B went to the $P , $G gave the $O to *R ."),
    line(0.18, Loose, WithReceiver, "$A and $B were in the $P . $G handed the $O to *R ."),
    line(0.16, Loose, WithReceiver, "After $A and $B left the $P , $G offered the $O to *R ."),
    line(0.20, Loose, WithB, "$A gave $B $a $O . *He.B thanked *A ."),
    line(0.10, Loose, WithB, "$A gave $B $a $O , and *he.B thanked *him.A ."),
];

/// Things are with whom they were given to.
const HAVE: [Line; 3] = [
    line(0.4, Held, Nothing, "Who had the $O now ? *H ."),
    line(0.4, Held, Nothing, "The $O was now with *H ."),
    line(0.2, Held, WithB, "$H sent the $O to $B ."),
];

/// Lists, said twice or more.
const REPEAT: [Line; 4] = [
    line(0.6, Any, Nothing, "$S $list . Again|Once_more : *list ."),
    line(0.4, Any, Nothing, "$S $list . $B repeated : *list ."),
    line(0.2, List, Nothing, "Again|Once_more : *list ."),
    line(0.1, List, Nothing, "$S repeated : *list ."),
];

/// Verbs with nouns between them and their subject.
const AGREE: [Line; 9] = [
    line(0.25, Any, Nothing, "The $N near|behind|beside|under the $N *is $C ."),
    line(0.10, Any, Nothing, "The $N between the $N and the $N *is $C ."),
    line(0.10, Any, Nothing, "The $N , not the $N , *is $C ."),
    line(0.10, Any, Nothing, "The $N that $A saw near|behind|beside|under the $N *is $C ."),
    line(0.15, Any, Nothing, "Yesterday the $N near|behind|beside|under the $N *was $C ."),
    line(0.08, Any, Nothing, "Yesterday the $N between the $N and the $N *was $C ."),
    line(0.07, Any, Nothing, "Yesterday the $N , not the $N , *was $C ."),
    line(0.08, Any, Nothing, "By now the $N near|behind|beside|under the $N *has turned $C ."),
    line(0.07, Any, Nothing, "By now the $N between the $N and the $N *has turned $C ."),
];

/// Persons, and the pronouns for them.
const REFER: [Line; 6] = [
    line(0.25, Any, Nothing, "$A was $F , so *he.A sat_down|went_home|fell_asleep|sang_a_song ."),
    line(0.20, Any, Nothing, "$A met $B in the $P . *He.A smiled_at|waved_to|greeted *him.B ."),
    line(0.15, Any, Nothing, "$A called $B . *He.B came|ran to *him.A ."),
    line(0.15, Any, Nothing, "$A asked $B to help *him.A ."),
    line(0.15, Loose, Nothing, "$A lost|broke|sold *his.A $O ."),
    line(0.10, Any, Nothing, "$A washed *his.A hands|face|hair ."),
];

/// What somebody says, and what it tells.
const SPEAK: [Line; 7] = [
    line(0.24, Any, Told, r#"$A said : " the $O is in the $P . *""#),
    line(0.20, Any, Told, r#"$A said : " I put the $O in the $P . *""#),
    line(0.16, Any, Told, r#"" The $O is in the $P , *" said $A ."#),
    line(
        0.12,
        Placed,
        SaidB,
        r#"$A asked $B : " where is the $O ? *" *He.B said : " in the *P . *""#,
    ),
    line(0.10, Placed, SaidB, r#"" Where is the $O ? *" asked $A . " In the *P , *" said $B ."#),
    line(0.08, Any, SaidA, r#"$A said : " I am $F . *""#),
    line(0.10, Speaker, Nothing, "Who said that ? *Q ."),
];

/// Weather, time and walks, of which nothing follows.
const PASS: [Line; 8] = [
    line(0.20, Any, Nothing, "It was a cold|warm|quiet|bright|dark day|night|morning|evening ."),
    line(0.12, Any, Nothing, "The sun|moon|wind|rain|snow|storm came|stopped ."),
    line(0.10, Any, Nothing, "A dog|cat|bird|horse|fox slept|waited|played near the $P ."),
    line(0.18, Any, Nothing, "$S walked|ran|went to the $P ."),
    line(0.10, Any, Nothing, "$S sat in the $P ."),
    line(0.10, Any, Nothing, "The $P was quiet|empty|dark|cold|full ."),
    line(0.10, Any, Nothing, "$A and $B played|worked|talked in the $P ."),
    line(0.10, Any, Nothing, "$A was $F ."),
];
