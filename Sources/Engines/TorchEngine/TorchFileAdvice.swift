import ServingCore

/// What to do with files of PyTorch that hold no program: the error says it in lines of Python.
enum TorchFileAdvice {
    private static let scriptLines =
        "model.eval(); torch.jit.script(model).save(\"model.pt\") "
        + "(or torch.jit.trace(model, example_inputs).save(\"model.pt\"))"
    private static let makeLines = "model = MyModel(); model.load_state_dict("

    /// A file of `torch.export.save`.
    static let exportedProgram = ServingError(
        .modelInvalid,
        "it is a program of torch.export, which is not compiled; in Python, on a machine like this: "
            + "import torch; program = torch.export.load(\"model.pt2\"); "
            + "torch._inductor.aoti_compile_and_package(program, package_path=\"compiled.pt2\"); "
            + "then serve compiled.pt2")

    /// A file of `torch.package`.
    static let torchPackage = ServingError(
        .modelInvalid,
        "it is a torch.package archive, which holds Python code; export it, in Python: "
            + "import torch; model = torch.package.PackageImporter(\"model.pt\").load_pickle(...); "
            + scriptLines)

    /// What `torch.save` wrote into an archive, by the start of its pickle.
    ///
    /// Opcodes: a protocol mark (0x80 2), then `c` module, name (GLOBAL) or `}` (an empty dict).
    static func pickle(_ start: [UInt8]) -> ServingError {
        let body = start.starts(with: [0x80]) ? start.dropFirst(2) : start[...]
        if body.first == 0x7D { return checkpoint }
        guard body.first == 0x63 else { return state("a pickle of torch.save") }
        let lines = body.dropFirst().split(separator: 0x0A, maxSplits: 2)
        let names = lines.prefix(2).map { String(decoding: $0, as: UTF8.self) }
        guard names.count == 2, names != ["collections", "OrderedDict"] else {
            return state("a state_dict")
        }
        return ServingError(
            .modelInvalid,
            "it is a pickled module of class '\(names.joined(separator: ".").clipped())', which "
                + "needs its Python code; export it, in Python, where that class can be imported: "
                + "import torch; model = torch.load(\"model.pt\", weights_only=False); "
                + scriptLines)
    }

    private static let checkpoint = ServingError(
        .modelInvalid,
        "it is a dictionary saved by torch.save (a checkpoint): weights without the model's "
            + "program; export it, in Python: import torch; checkpoint = torch.load(\"model.pt\"); "
            + makeLines + "checkpoint[\"model\"]); " + scriptLines)

    private static func state(_ what: String) -> ServingError {
        ServingError(
            .modelInvalid,
            "it is \(what): weights without the model's program; export it, in Python: "
                + "import torch; \(makeLines)torch.load(\"model.pt\")); " + scriptLines)
    }

    /// A file that is not an archive at all.
    static func notAnArchive(_ start: [UInt8]) -> ServingError {
        // torch.save before 1.6 pickles a magic number first; before 0.1.2 it wrote a tar file.
        let magic: [UInt8] = [
            0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19,
        ]
        let isTar = start.count > 262 && start[257..<262].elementsEqual("ustar".utf8)
        if start.starts(with: magic) || isTar { return state("an old file of torch.save") }
        if start.first == 0x80 {
            return ServingError(
                .modelInvalid,
                "it is a pickle, which is not a program of PyTorch; if it holds a module: "
                    + scriptLines)
        }
        return ServingError(
            .modelInvalid,
            "it is not a file of PyTorch: it does not begin like a zip archive; "
                + "torch.jit.save and aoti_compile_and_package write those that can be served")
    }
}
