//! `shinso doctor`: what this terminal can do, where files lie, how fast this machine multiplies matrices.

use crate::bench::peak::{peak_gigaflops, product_gigaflops};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::printer::print;
use crate::run::default_threads;
use crate::tensor::parallel::instruction_set;
use crate::tui::ScreenOptions;
use crate::tui::theme::ColorDepth;
use std::fmt::Write;
use std::io::IsTerminal;

pub fn run(environment: &Environment, screen: &ScreenOptions) -> Exit {
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        let _infallible = writeln!(text, "{name:22} {value}");
    };
    line("shinso", env!("CARGO_PKG_VERSION").to_owned());
    let variable = |name: &str| std::env::var(name).ok();
    line(
        "terminal",
        if std::io::stdout().is_terminal() { "yes" } else { "no: output goes to a file or a pipe" }.into(),
    );
    line("TERM, COLORTERM", format!("{}, {}", set(variable("TERM")), set(variable("COLORTERM"))));
    let depth = screen.color.parse().unwrap_or_else(|_| ColorDepth::detect(variable));
    line("colours", format!("{depth:?}; --color says otherwise"));
    if let Ok((columns, rows)) = crossterm::terminal::size() {
        let enough = if columns >= 80 && rows >= 24 { "" } else { " (too small: 80×24 is needed)" };
        line("size", format!("{columns}×{rows}{enough}"));
    }
    line("pictures", crate::tui::describe_graphics());
    line("language", environment.language.to_string());
    line("runs and progress", writable(&environment.folders.data));
    line("cache", writable(&environment.folders.cache));
    line("your labs", environment.folders.labs().display().to_string());
    line("labs", format!("{}, {} wrong", environment.catalogue.labs().len(), environment.catalogue.errors().len()));
    line("kernels", instruction_set());
    for threads in [1, default_threads()] {
        line(&format!("products, {threads} thread(s)"), speed(threads));
        if threads == default_threads() {
            break;
        }
    }
    print(&text)
}

fn set(value: Option<String>) -> String {
    value.unwrap_or_else(|| "not set".to_owned())
}

/// A folder, and whether files can be made in it.
fn writable(folder: &std::path::Path) -> String {
    let tried = std::fs::create_dir_all(folder).and_then(|()| {
        let probe = folder.join(".probe");
        std::fs::write(&probe, b"")?;
        std::fs::remove_file(probe)
    });
    match tried {
        Ok(()) => folder.display().to_string(),
        Err(error) => format!("{}: {error}; set SHINSO_HOME to a folder that can be written to", folder.display()),
    }
}

/// How fast products of the shape of a VAE's first layer are, and what the machine could do at most.
fn speed(threads: usize) -> String {
    match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
        Ok(pool) => pool.install(|| {
            let (found, peak) = (product_gigaflops([128, 784, 400], [false, true]), peak_gigaflops());
            let share = 100.0 * found / peak;
            format!("{found:.0} GFLOP/s (f32, 128×784×400), {share:.0} % of the peak of {peak:.0}")
        }),
        Err(error) => format!("the threads cannot be started: {error}"),
    }
}
