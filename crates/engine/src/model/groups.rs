//! Heads that share what they read.

use burn::prelude::*;

/// Each group repeated for the heads that share it: `[batch, pos, group, width]` to
/// `[batch, pos, head, width]`.
pub(crate) fn for_heads(groups: Tensor<4>, n_heads: usize) -> Tensor<4> {
    let [batch, n_pos, n_groups, width] = groups.dims();
    if n_groups == n_heads {
        return groups;
    }
    let repeated: Tensor<5> = groups.unsqueeze_dim(3);
    let form = [batch, n_pos, n_groups, n_heads / n_groups, width];
    repeated.expand(form).reshape([batch, n_pos, n_heads, width])
}
