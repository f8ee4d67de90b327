import NIOCore
import ServingCore
import Tensors
import Wire

/// How fast the JSON tensor reader is, in bytes of text a second.
enum JSONFloor {
    static func run(path: String, rounds: Int) throws {
        print("\(path) \(rounds)")
    }
}
