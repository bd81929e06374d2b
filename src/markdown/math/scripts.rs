//! Superscripts and subscripts that Unicode has.

/// A text raised, if every character of it can be.
pub fn raised(text: &str) -> Option<String> {
    map(
        text,
        "0123456789+−-=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVW⊤′*∗",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵀ′**",
    )
}

/// A text lowered, if every character of it can be.
pub fn lowered(text: &str) -> Option<String> {
    map(text, "0123456789+−-=()aehijklmnoprstuvxβγρφϕχ", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵩᵪ")
}

fn map(text: &str, from: &str, to: &str) -> Option<String> {
    let letters = text.chars().filter(|letter| *letter != ' ');
    letters.map(|letter| from.chars().position(|known| known == letter).and_then(|at| to.chars().nth(at))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_unicode_has_is_raised_and_lowered() {
        assert_eq!(raised("2").as_deref(), Some("²"));
        assert_eq!(raised("n−1").as_deref(), Some("ⁿ⁻¹"));
        assert_eq!(lowered("t−1").as_deref(), Some("ₜ₋₁"));
        assert_eq!(lowered("θ"), None);
        assert_eq!(raised("∗").as_deref(), Some("*"), "as in an optimal policy");
        assert_eq!(raised("π"), None);
    }
}
