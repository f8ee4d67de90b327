import EngineDocuments
import EngineInterface
import Glibc
import Inference
import ServingCore
import Tensors
import TreeEngine

// Microseconds a call of the tree engine (through LoadedModel, with its tensors) and of the libraries'
// own quickest C calls, on the same rows, turn by turn. Each figure is the best of several rounds;
// single rows change from call to call.

let features = 64
let rounds = 7

func fail(_ words: String) -> Never {
    print(words)
    exit(1)
}

/// The best mean time of a call, in microseconds.
func best(_ calls: Int, _ body: (Int) -> Void) -> Double {
    // Long calls are timed one by one: the best of them is the one that nothing interrupted.
    let rounds = calls == 1 ? 60 : rounds
    var best = Double.infinity
    for _ in 0..<rounds {
        let start = MonotonicTime.now()
        for call in 0..<calls { body(call) }
        let seconds = Double(MonotonicTime.now().nanoseconds(since: start)) * 1e-9
        best = min(best, seconds * 1e6 / Double(calls))
    }
    return best
}

func show(_ name: String, _ rows: Int, _ own: Double, _ library: Double) {
    func number(_ value: Double) -> String {
        let text = String(Double(Int(value * 100 + 0.5)) / 100)
        return String(repeating: " ", count: max(0, 10 - text.count)) + text
    }
    let label = "\(name), \(rows) row\(rows == 1 ? "" : "s")"
    print(
        label + String(repeating: " ", count: max(0, 40 - label.count)) + number(own)
            + number(library) + number(library / own))
}

guard CommandLine.arguments.count == 4 else {
    fail("usage: bench-trees MODELS LIBXGBOOST LIB_LIGHTGBM")
}
let folder = CommandLine.arguments[1]
guard let xgboost = Library(CommandLine.arguments[2]),
    let lightgbm = Library(CommandLine.arguments[3])
else { fail("a library cannot be opened") }

let content = try FileContent(folder + "/rows.bin")
let doubles = Array(content.bytes.bindMemory(to: Double.self))
let floats = doubles.map { Float($0) }
let engine = TreeEngine()

/// Loads a model and makes a function that runs it on the rows at a place.
func own(_ name: String) throws -> (type: ElementType, run: (Tensor) -> Double) {
    let source = ModelSource(
        identity: ModelIdentity(try ModelName("bench"), ModelVersion(1)),
        files: try ModelFiles.list(folder), entry: name)
    let model = try engine.load(
        source, EngineEnvironment(budget: CPUBudget(processors: 1)))
    let signature = model.declaration.signatures[0]
    let type = signature.inputs[0].elementType
    let cancellation = RunCancellation()
    return (
        type,
        { input in
            guard
                let result = try? model.run(
                    signature: signature, inputs: [input], outputIndices: [0],
                    cancellation: cancellation)
            else { fail("a run failed") }
            return result[0].storage.withUnsafeBytes { bytes in
                type == .float32
                    ? Double(bytes.load(as: Float.self)) : bytes.load(as: Double.self)
            }
        }
    )
}

func tensors(_ type: ElementType, rows: Int) throws -> [Tensor] {
    let count = doubles.count / features / rows
    let shape = try Shape([rows, features])
    return try (0..<count).map { index in
        let range = index * rows * features..<(index + 1) * rows * features
        return type == .float32
            ? try Tensor(type, shape, values: Array(floats[range]))
            : try Tensor(type, shape, values: Array(doubles[range]))
    }
}

var sum = 0.0
print("microseconds a call                        slipway   library     ratio")
for threads in [1, 2] {
    print("-- libraries with \(threads) thread\(threads == 1 ? "" : "s")")
    for (name, rows) in [
        ("xgb.ubj", 1), ("xgb.ubj", 1000), ("xgb10.ubj", 1), ("xgb10.ubj", 1000),
    ] {
        let (type, run) = try own(name)
        let inputs = try tensors(type, rows: rows)
        let booster = XGBoostBooster(xgboost, folder + "/" + name, threads: threads)
        let calls = rows == 1 ? 1000 : 1
        let mine = best(calls) { sum += run(inputs[$0 % inputs.count]) }
        let theirs = floats.withUnsafeBufferPointer { floats in
            best(calls) {
                let place = $0 % inputs.count * rows * features
                guard let start = floats.baseAddress else { return }
                sum += Double(booster.run(start + place, count: rows, features: features))
            }
        }
        show(name, rows, mine, theirs)
    }
    for (name, rows) in [
        ("lgb.txt", 1), ("lgb.txt", 1000), ("lgb10.txt", 1), ("lgb10.txt", 1000),
    ] {
        let (type, run) = try own(name)
        let inputs = try tensors(type, rows: rows)
        let booster = LightGBMBooster(
            lightgbm, folder + "/" + name, features: features, threads: threads)
        let calls = rows == 1 ? 1000 : 1
        let mine = best(calls) { sum += run(inputs[$0 % inputs.count]) }
        var result = [Double](repeating: 0, count: rows * 10)
        let theirs = doubles.withUnsafeBufferPointer { doubles in
            result.withUnsafeMutableBufferPointer { result in
                best(calls) {
                    let place = $0 % inputs.count * rows * features
                    guard let start = doubles.baseAddress, let target = result.baseAddress
                    else { return }
                    sum += booster.run(
                        start + place, count: rows, features: features, into: target)
                }
            }
        }
        show(name, rows, mine, theirs)
    }
}
if sum.isNaN { print("a result is not a number") }
