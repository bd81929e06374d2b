//! `shinso doctor`: what this terminal can do, where files lie, how fast this machine multiplies matrices.

use super::arguments::ScreenOptions;
use super::{Exit, House, print};
use crate::run::thread::default_threads;
use crate::tensor::parallel::instruction_set;
use crate::tensor::product::product;
use crate::tui::theme::ColorDepth;
use ndarray::Array2;
use std::fmt::Write;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

pub fn run(house: &House, screen: &ScreenOptions) -> Exit {
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
    line("language", house.language.to_string());
    line("runs and progress", writable(&house.folders.data));
    line("cache", writable(&house.folders.cache));
    line("your labs", house.folders.labs().display().to_string());
    line("labs", format!("{}, {} wrong", house.catalogue.labs().len(), house.catalogue.errors().len()));
    line("kernels", instruction_set());
    for threads in [1, default_threads()] {
        let speed = gigaflops(threads);
        line(&format!("products, {threads} thread(s)"), format!("{speed:.0} GFLOP/s (f32, 128×784×400)"));
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

/// The speed of products of the shape of a VAE's first layer, best of half a second, in 10⁹ operations a second.
fn gigaflops(threads: usize) -> f64 {
    let (m, k, n) = (128, 784, 400);
    let (a, b) = (Array2::<f32>::ones((m, k)), Array2::<f32>::ones((n, k)));
    let Ok(pool) = rayon::ThreadPoolBuilder::new().num_threads(threads).build() else { return f64::NAN };
    pool.install(|| {
        let begun = Instant::now();
        let mut best = Duration::MAX;
        while begun.elapsed() < Duration::from_millis(500) {
            let start = Instant::now();
            std::hint::black_box(product(a.view(), b.t()));
            best = best.min(start.elapsed());
        }
        2.0 * (m * k * n) as f64 / best.as_secs_f64() / 1e9
    })
}
