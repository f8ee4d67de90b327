import Inference
import ServingCore
import Synchronization
import Tensors

/// Compares what `model.yaml` says of a compiled package with what the package was compiled for.
///
/// A package does not say which types and shapes it takes, and its code reads beyond smaller inputs.
/// It can compare them itself, but then refuses a single row, because `torch.export` declares any
/// extent that varies as 2 or more. So it is loaded twice: once comparing, for a trial run on inputs
/// as declared, where every extent that may vary has another value; and once to serve.
enum PackageCheck {
    /// Packages learn whether to compare from the process's environment: one load at a time.
    private static let turn = Mutex(())

    /// Loads a package to serve, after the check.
    ///
    /// - Throws: `model_invalid` when `model.yaml` does not fit, with the package's own words, and for
    ///   code that was compiled for another machine.
    static func load(
        _ library: TorchLibrary, _ path: String, _ notes: ModelNotes, _ options: TorchOptions,
        runners: Int
    ) throws(ServingError) -> TorchHandle {
        if options.checksPackage { try PackageTarget(FileBytes(path)).requireFit(.current) }
        guard let inputs = notes.inputs else {
            throw ServingError(
                .modelInvalid,
                "a compiled package does not say which types and shapes it takes; write a "
                    + "\(ModelNotes.fileName) beside it, in the order of its inputs: "
                    + "'inputs:' and below it '  - {name: x, type: FP32, shape: [batch, 64]}'")
        }
        let result = turn.withLock { _ -> Result<TorchHandle, ServingError> in
            do throws(ServingError) {
                if options.checksPackage {
                    try check(library, path, inputs.map(\.specification))
                }
                return .success(try open(library, path, runners: runners, comparing: false))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private static func open(
        _ library: TorchLibrary, _ path: String, runners: Int, comparing: Bool
    ) throws(ServingError) -> TorchHandle {
        do throws(TorchFailure) {
            try library.functions.check { library.functions.checkPackages(comparing ? 1 : 0, $0) }
            return try TorchHandle(library, path, .package, runners: runners)
        } catch {
            throw error.loading(version: library.version)
        }
    }

    private static func check(
        _ library: TorchLibrary, _ path: String, _ inputs: [TensorSpecification]
    ) throws(ServingError) {
        let handle = try open(library, path, runners: 1, comparing: true)
        let call = TorchCall(method: 0, CallPlan())
        var smallest = 2
        // Each turn learns the least value of at least one extent.
        for turn in 0...8 {
            do throws(TorchFailure) {
                let tensors = try trial(inputs, smallest: smallest)
                _ = try RunSlot(handle, inputCount: tensors.count).run(call, tensors)
                return
            } catch {
                guard turn < 8, let least = leastExtent(error.message), least > smallest else {
                    throw ServingError(
                        .modelInvalid,
                        "\(ModelNotes.fileName) does not fit the compiled package: \(error.message)"
                            + "; correct its inputs (extents that are equal have one name), or set "
                            + "the option check_package to false to believe it as it is")
                }
                smallest = least
            }
        }
    }

    /// N in `dim value is too small at 0, expected it to be >= N, but got: 2`.
    private static func leastExtent(_ message: String) -> Int? {
        guard message.contains("too small") else { return nil }
        let parts = message.split(separator: ">= ", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        return Int(parts[1].prefix { $0.isNumber })
    }

    private static func trial(_ inputs: [TensorSpecification], smallest: Int)
        throws(TorchFailure) -> [Tensor]
    {
        var named: [String: Int] = [:]
        var next = smallest
        var tensors: [Tensor] = []
        for input in inputs {
            guard let dimensions = input.dimensions else {
                throw TorchFailure("it gives input '\(input.name)' no shape")
            }
            var shape: [Int] = []
            for dimension in dimensions {
                switch dimension {
                case .fixed(let extent): shape.append(extent)
                case .dynamic(let name?) where named[name] != nil:
                    shape.append(named[name] ?? next)
                case .dynamic(let name):
                    if let name { named[name] = next }
                    shape.append(next)
                    next += 1
                }
            }
            tensors.append(try Tensor.zeros(input.elementType, shape))
        }
        return tensors
    }
}
