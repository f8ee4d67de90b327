import Models
import ServingCore

/// What is wanted, by whom: the configuration's models, those of the repository, and what clients
/// have changed.
///
/// A value without side effects. The configuration wins: a model whose entry in it changes forgets
/// what clients did to it. What clients did to models that the configuration leaves alone stays.
struct WantedModels: Equatable {
    /// What a client has done to a model.
    enum Change: Equatable {
        /// Wants it like this.
        case loaded(ClientModel)
        /// Does not want it, although the configuration or the repository names it.
        case unloaded
    }

    /// A model as a client wants it.
    struct ClientModel: Equatable {
        var model: AspiredModel
        /// Whether it is complete as it is: a configuration came with the request.
        var isComplete = false
        /// The directory that holds the files that came with the request.
        var privateDirectory: String?
        /// Whether the request named the directory.
        var isAtLocation = false
    }

    /// The models of the configuration.
    private(set) var configured: [AspiredModel] = []
    /// The models of the repository, where all of them are served.
    var repository: [AspiredModel] = []
    /// The models that a client has put in the place of all others; nil while none has.
    private(set) var replaced: [AspiredModel]?
    private(set) var changes: [ModelName: Change] = [:]

    /// The models that are wanted but for what clients did to single ones.
    var base: [AspiredModel] {
        if let replaced { return replaced }
        let names = Set(configured.map(\.name))
        return configured + repository.filter { !names.contains($0.name) }
    }

    /// Whether the configuration, the repository or a replacement names the model.
    func isNamed(_ name: ModelName) -> Bool { base.contains { $0.name == name } }

    /// Everything that is wanted, each name once.
    var models: [ClientModel] {
        var result: [ClientModel] = []
        var names: Set<ModelName> = []
        for model in base {
            names.insert(model.name)
            switch changes[model.name] {
            case nil: result.append(ClientModel(model: model))
            case .loaded(let changed)?: result.append(changed)
            case .unloaded?: break
            }
        }
        for (name, change) in changes.sorted(by: { $0.key < $1.key })
        where !names.contains(name) {
            if case .loaded(let model) = change { result.append(model) }
        }
        return result
    }

    /// Another configuration: its differences end what clients did to the models concerned, and any
    /// difference ends a replacement of all models.
    mutating func configure(_ models: [AspiredModel]) {
        let old = Dictionary(configured.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        let new = Dictionary(models.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        let different = Set(old.keys).union(new.keys).filter { old[$0] != new[$0] }
        for name in different { changes[name] = nil }
        if !different.isEmpty { replaced = nil }
        configured = models
    }

    /// A client wants exactly these models.
    mutating func replace(_ models: [AspiredModel]) {
        replaced = models
        changes = [:]
    }

    /// Notes what a client did to a model; nil forgets it.
    mutating func change(_ name: ModelName, _ change: Change?) {
        changes[name] = change
    }
}
