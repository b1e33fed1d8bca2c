// The cases as Wasm, compiled by V8's optimising tier alone as in Envoy, beside their native numbers.
//
// node --no-liftoff node.mjs MODULE NATIVE_REPORT REPORT [PATTERN], or node.mjs MODULE --test, which runs each once.
import { readFileSync, writeFileSync } from 'node:fs'

const [modulePath, nativePath, reportPath, pattern = ''] = process.argv.slice(2)
const test = nativePath === '--test'
const ROUNDS = 7
const ROUND_MS = 30

const module = new WebAssembly.Module(readFileSync(modulePath))
// The product's hostcalls are in the module but never called; the standard library asks for random bytes and the time.
const imports = {}
for (const { module: from, name } of WebAssembly.Module.imports(module)) {
  imports[from] ??= {}
  imports[from][name] = () => 0
}
let memory
imports.wasi_snapshot_preview1.fd_write = (_, list, count, written) => {
  const view = new DataView(memory.buffer)
  let length = 0
  for (let i = 0; i < count; i++) {
    const [at, size] = [view.getUint32(list + 8 * i, true), view.getUint32(list + 8 * i + 4, true)]
    process.stderr.write(Buffer.from(memory.buffer, at, size))
    length += size
  }
  view.setUint32(written, length, true)
  return 0
}

function start() {
  const { exports } = new WebAssembly.Instance(module, imports)
  memory = exports.memory
  exports._initialize()
  return exports
}

// The process's own time: a busy machine changes it least.
const milliseconds = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e3
}
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1]

/** What one run costs: [nanoseconds per round], allocations. */
function measure(exports, index) {
  // The first run compiles.
  exports.micro_run(index, 1)
  let times = 1
  for (;;) {
    const began = milliseconds()
    exports.micro_run(index, times)
    const took = milliseconds() - began
    if (took >= ROUND_MS) break
    times = Math.ceil(took < 1 ? times * 10 : (times * ROUND_MS * 1.2) / took)
  }
  const rounds = []
  for (let round = 0; round < ROUNDS; round++) {
    const began = milliseconds()
    exports.micro_run(index, times)
    rounds.push(((milliseconds() - began) * 1e6) / times)
  }
  return [rounds, exports.micro_run(index, 1)]
}

/** An instance's first price: its table is unpacked. */
function firstPrice() {
  const rounds = []
  for (let round = 0; round < ROUNDS; round++) {
    const exports = start()
    const began = milliseconds()
    exports.micro_first_price()
    rounds.push((milliseconds() - began) * 1e6)
  }
  return rounds
}

const exports = start()
const names = Array.from({ length: exports.micro_cases() }, (_, index) => {
  const [at, length] = [exports.micro_name(index), exports.micro_name_length(index)]
  return Buffer.from(memory.buffer, at, length).toString()
})
if (test) {
  names.forEach((_, index) => exports.micro_run(index, 1))
  console.log(`${names.length} cases as Wasm: passed`)
  process.exit(0)
}

const native = JSON.parse(readFileSync(nativePath, 'utf8'))
const report = []
const columns = [['', 34], ['per', 8], ['native ns', 10], ['MB/s', 8], ['allocs', 8], ['Wasm ns', 10], ['min', 8], ['max', 8], ['MB/s', 8], ['ratio', 6]]
const line = (cells) => cells.map((cell, i) => (i < 2 ? String(cell).padEnd(columns[i][1]) : String(cell).padStart(columns[i][1]))).join(' ')
const digits = (number) => (number >= 100 ? number.toFixed(0) : number.toFixed(number >= 10 ? 1 : 2))
console.log(line(columns.map(([name]) => name)))
for (const row of native) {
  if (!row.case.includes(pattern)) continue
  const index = names.indexOf(row.case)
  const [rounds, allocated] = row.case === 'price/first' ? [firstPrice(), null] : measure(exports, index)
  const units = row.case === 'price/first' ? 1 : exports.micro_units(index)
  const per = rounds.map((time) => time / units)
  const rate = (ns) => (row.bytes_per_unit == null ? null : (row.bytes_per_unit / ns) * 1e9)
  const wasm = { ns: median(per), ns_min: Math.min(...per), ns_max: Math.max(...per) }
  report.push({ ...row, platform: 'native', bytes_per_second: rate(row.ns) })
  report.push({
    case: row.case, unit: row.unit, ...wasm, bytes_per_unit: row.bytes_per_unit, allocations: allocated == null ? null : allocated / units,
    platform: 'wasm', bytes_per_second: rate(wasm.ns), ratio_to_native: wasm.ns / row.ns,
  })
  const mega = (ns) => (rate(ns) == null ? '' : (rate(ns) / 1e6).toFixed(0))
  console.log(line([
    row.case, row.unit, digits(row.ns), mega(row.ns), row.allocations == null ? '' : digits(row.allocations),
    digits(wasm.ns), digits(wasm.ns_min), digits(wasm.ns_max), mega(wasm.ns), digits(wasm.ns / row.ns),
  ]))
}
writeFileSync(reportPath, JSON.stringify(report, null, 1))
