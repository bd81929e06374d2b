//! How the screen looks, as options of the command line.

use clap::Args;

/// How the screen looks.
#[derive(Debug, Clone, Args)]
pub struct ScreenOptions {
    /// Colours for a dark or a light ground; auto asks the terminal
    #[arg(long, global = true, value_parser = ["auto", "dark", "light"], default_value = "auto")]
    pub theme: String,

    /// How many colours: auto looks at COLORTERM, TERM and NO_COLOR
    #[arg(long, global = true, value_parser = ["auto", "truecolor", "256", "16", "never"], default_value = "auto")]
    pub color: String,

    /// Width of East Asian ambiguous characters such as ─ and ●; auto asks the terminal
    #[arg(long, global = true, value_parser = ["auto", "narrow", "wide"], default_value = "auto")]
    pub ambiguous: String,

    /// One thing after another in plain lines, for screen readers (also ACCESSIBLE=1)
    #[arg(long)]
    pub plain: bool,
}
