import CTorchShim
import Glibc

/// A method with its arguments as the shim reads them; made once a signature.
///
/// `@unchecked Sendable`: written by `init` only.
final class TorchCall: @unchecked Sendable {
    /// The method's place in the shim's list.
    let method: Int32
    let arguments: UnsafeMutablePointer<slipway_torch_argument>
    let argumentCount: Int
    private let keys: [UnsafeMutablePointer<UnsafePointer<CChar>?>]

    /// Lays a plan out in memory.
    init(method: Int, _ plan: CallPlan) {
        self.method = Int32(clamping: method)
        argumentCount = plan.arguments.count
        arguments = .allocate(capacity: max(1, argumentCount))
        var keys: [UnsafeMutablePointer<UnsafePointer<CChar>?>] = []
        for (index, argument) in plan.arguments.enumerated() {
            let names = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(
                capacity: argument.keys.count + 1)
            names.initialize(repeating: nil, count: argument.keys.count + 1)
            for (place, key) in argument.keys.enumerated() {
                names[place] = UnsafePointer(strdup(key))
            }
            keys.append(names)
            (arguments + index).initialize(
                to: slipway_torch_argument(
                    kind: Int32(clamping: argument.kind), count: Int32(clamping: argument.count),
                    keys: UnsafePointer(names)))
        }
        self.keys = keys
    }

    deinit {
        for names in keys {
            var place = 0
            while let name = names[place] {
                free(UnsafeMutablePointer(mutating: name))
                place += 1
            }
            names.deallocate()
        }
        arguments.deallocate()
    }
}
