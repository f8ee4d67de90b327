import ServingCore

/// Finds out what a pipeline takes and gives: which columns nobody makes, of which kind they are, and
/// which stages the wanted answers need.
struct PlanBuilder {
    /// The stages that are needed, in their order.
    private(set) var stages: [any Stage] = []
    /// The columns that requests bring, in the order in which they are first read.
    private(set) var inputs: [(name: String, kind: ColumnKind)] = []
    /// The columns that answers hold.
    private(set) var outputs: [String] = []
    /// The kind of every column.
    private(set) var kinds: [String: ColumnKind] = [:]

    /// Looks through a pipeline.
    ///
    /// - Parameters:
    ///   - outputs: The columns wanted; nil for those that the pipeline was made for.
    ///   - given: Kinds of input columns where the model's owner says them.
    init(_ all: [any Stage], outputs wanted: [String]?, given: [String: ColumnKind])
        throws(ServingError)
    {
        let made = try Self.columnsMade(all)
        outputs = wanted ?? Self.answers(all)
        for name in outputs where !made.contains(name) {
            throw ServingError(
                .configurationInvalid,
                "no stage makes a column '\(name.clipped())'"
                    + NearestName.hint(for: name, among: made.sorted())
                    + "; columns: \(made.sorted().joined(separator: ", ").clipped())")
        }
        guard !outputs.isEmpty else { throw Damage.invalid("no stage makes a column") }
        stages = Self.needed(all, for: outputs)
        try findInputs(made, given)
        for name in given.keys.sorted() where !inputs.contains(where: { $0.name == name }) {
            let names = inputs.map(\.name)
            throw ServingError(
                .configurationInvalid,
                "option 'inputs' names '\(name.clipped())', which is no input"
                    + NearestName.hint(for: name, among: names)
                    + "; inputs: \(names.joined(separator: ", ").clipped())")
        }
        try findKinds(given)
    }

    private static func columnsMade(_ stages: [any Stage]) throws(ServingError) -> Set<String> {
        var made: Set<String> = []
        for stage in stages {
            for name in stage.outputs where !name.isEmpty {
                guard made.insert(name).inserted else {
                    throw Damage.invalid("two stages make a column '\(name.clipped())'")
                }
            }
        }
        return made
    }

    /// What models answer and what is made of that; without a model, what no stage reads.
    private static func answers(_ stages: [any Stage]) -> [String] {
        var answers: [String] = []
        var known: Set<String> = []
        for stage in stages
        where stage.isModel || stage.inputs.contains(where: { known.contains($0.name) }) {
            for name in stage.outputs where !name.isEmpty {
                known.insert(name)
                answers.append(name)
            }
        }
        if !answers.isEmpty { return answers }
        let read = Set(stages.flatMap(\.inputs).map(\.name))
        return stages.flatMap(\.outputs).filter { !$0.isEmpty && !read.contains($0) }
    }

    /// The stages whose columns are wanted, or read by such a stage.
    private static func needed(_ stages: [any Stage], for outputs: [String]) -> [any Stage] {
        var wanted = Set(outputs)
        var kept: [any Stage] = []
        for stage in stages.reversed() where stage.outputs.contains(where: wanted.contains) {
            wanted.formUnion(stage.inputs.map(\.name))
            kept.append(stage)
        }
        return kept.reversed()
    }

    private mutating func findInputs(_ made: Set<String>, _ given: [String: ColumnKind])
        throws(ServingError)
    {
        var ready: Set<String> = []
        for stage in stages {
            for input in stage.inputs where !ready.contains(input.name) {
                guard !made.contains(input.name) else {
                    throw Damage.invalid(
                        "a stage reads column '\(input.name.clipped())' before another makes it")
                }
                ready.insert(input.name)
                inputs.append((input.name, given[input.name] ?? .number))
            }
            ready.formUnion(stage.outputs)
        }
    }

    /// Settles the kinds of inputs from what reads them, then those of all other columns.
    private mutating func findKinds(_ given: [String: ColumnKind]) throws(ServingError) {
        for index in inputs.indices {
            let name = inputs[index].name
            if given[name] == nil { inputs[index].kind = try kind(ofInput: name) }
            kinds[name] = inputs[index].kind
        }
        do throws(ServingError) {
            try spread()
        } catch {
            // A single column that is read as numbers may be a vector: its width is what is missing.
            let open = inputs.indices.filter {
                given[inputs[$0].name] == nil && isOpen(inputs[$0].name)
            }
            guard open.count == 1 else { throw error }
            inputs[open[0]].kind = .vector(nil)
            kinds[inputs[open[0]].name] = .vector(nil)
            do throws(ServingError) { try spread() } catch _ { throw error }
        }
    }

    private mutating func spread() throws(ServingError) {
        for stage in stages {
            let found = try stage.kinds(of: stage.inputs.map { kinds[$0.name] ?? .number })
            for (name, kind) in zip(stage.outputs, found) { kinds[name] = kind }
        }
    }

    private func isOpen(_ name: String) -> Bool {
        stages.flatMap(\.inputs).filter { $0.name == name }.allSatisfy {
            $0.wish == .numberOrVector
        }
    }

    private func kind(ofInput name: String) throws(ServingError) -> ColumnKind {
        var isText = false
        var isNumber = false
        var width: Int?
        var isVector = false
        for input in stages.flatMap(\.inputs) where input.name == name {
            switch input.wish {
            case .text: isText = true
            case .number: isNumber = true
            case .numberOrVector, .textOrNumber: break
            case .vector(let known):
                isVector = true
                width = width ?? known
            case .words:
                throw Damage.invalid(
                    "the pipeline begins at a list of words, '\(name.clipped())'; put its "
                        + "Tokenizer into the pipeline, or set engine: python")
            }
        }
        if isVector, !isText, !isNumber { return .vector(width) }
        guard !isVector, !(isText && isNumber) else {
            throw Damage.invalid("stages read column '\(name.clipped())' as different things")
        }
        if isText { return .text }
        let wishes = stages.flatMap(\.inputs).filter { $0.name == name }.map(\.wish)
        return !isNumber && wishes.contains(.textOrNumber) && !wishes.contains(.numberOrVector)
            ? .text : .number
    }
}
