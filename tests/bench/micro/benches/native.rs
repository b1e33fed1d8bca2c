//! The cases natively, under Criterion. Its estimates go to `WEIR_MICRO_REPORT`, with what was allocated.

use criterion::{Criterion, Throughput};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use weir_micro::{Case, allocations, cases, first_price};

fn main() {
    // Before anything else has asked for a price.
    let began = Instant::now();
    first_price();
    let first = began.elapsed();
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("criterion");
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(600))
        .sample_size(20)
        .nresamples(1000)
        .output_directory(&folder)
        .configure_from_args();
    let mut rows = Vec::new();
    for case in cases() {
        rows.extend(measure(&mut criterion, &folder, case));
    }
    let nanoseconds = first.as_secs_f64() * 1e9;
    rows.push(json!({"case": "price/first", "unit": "request", "ns": nanoseconds, "ns_min": nanoseconds, "ns_max": nanoseconds}));
    if let Some(path) = std::env::var_os("WEIR_MICRO_REPORT") {
        std::fs::write(path, Value::from(rows).to_string()).expect("the report can be written");
    }
}

/// Measures one case; `None` where it was not asked for.
fn measure(criterion: &mut Criterion, folder: &Path, case: Case) -> Option<Value> {
    let Case {
        name,
        unit,
        units,
        bytes,
        mut run,
    } = case;
    let (group, function) = name.split_once('/').expect("a group");
    let mut ran = false;
    let mut benches = criterion.benchmark_group(group);
    benches.throughput(Throughput::Bytes(bytes as u64));
    benches.bench_function(function, |bencher| {
        ran = true;
        bencher.iter(&mut run);
    });
    benches.finish();
    if !ran {
        return None;
    }
    let before = allocations::count();
    run();
    let allocated = allocations::count() - before;
    let file = folder
        .join(group)
        .join(function.replace('/', "_"))
        .join("new/estimates.json");
    let estimates: Value = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
    let median = &estimates["median"];
    let per_unit = |value: &Value| value.as_f64().map(|time| time / units as f64);
    Some(json!({
        "case": name,
        "unit": unit,
        "ns": per_unit(&median["point_estimate"]),
        "ns_min": per_unit(&median["confidence_interval"]["lower_bound"]),
        "ns_max": per_unit(&median["confidence_interval"]["upper_bound"]),
        "bytes_per_unit": bytes as f64 / units as f64,
        "allocations": allocated as f64 / units as f64,
    }))
}
