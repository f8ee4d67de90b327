/// The reference of all keys, made from the schema: `docs/configuration.md`, and help in the shell.
public enum ConfigurationReference {
    /// Every key in the order of the schema, sections before their keys.
    public static var keys: [KeyDescription] { ConfigurationSchema.root.flatMap(\.descriptions) }

    /// What `docs/configuration.md` holds; `slipway config --schema` prints it.
    public static var markdown: String {
        var text = introduction
        let keys = keys
        text += heading("The file", "Keys that stand by themselves.")
        text += table(keys.filter { !$0.path.contains(".") && !$0.isSection })
        for section in keys where section.isSection && !section.path.dropFirst().contains(".") {
            let prefix = section.path == "models" ? "models[]." : section.path + "."
            text += heading("`\(section.path)`", section.meaning)
            text += table(keys.filter { $0.path.hasPrefix(prefix) && !$0.isPlainSection })
        }
        return text + closing
    }

    /// The keys that start with a prefix, two lines a key, for `slipway config --help-key limits`.
    public static func text(startingWith prefix: String = "") -> String {
        keys.filter { $0.path.hasPrefix(prefix) && !$0.isPlainSection }
            .map { key in
                let parts =
                    [
                        key.kind, key.range,
                        key.defaultText.isEmpty ? "" : "default \(key.defaultText)",
                    ]
                    .filter { !$0.isEmpty } + [key.reloadWords]
                let line = parts.joined(separator: ", ").replacing("`", with: "")
                return "\(key.path)  (\(line))\n    \(key.meaning.replacing("`", with: ""))\n"
            }.joined()
    }

    private static func heading(_ title: String, _ meaning: String) -> String {
        "\n## \(title)\n\n\(meaning)\n\n"
    }

    private static func table(_ keys: [KeyDescription]) -> String {
        var text = "| Key | Value | Default | A change applies | Meaning |\n|---|---|---|---|---|\n"
        for key in keys {
            let value = key.range.isEmpty ? key.kind : "\(key.kind): \(key.range)"
            let cells = [
                "`\(key.path)`", value, key.defaultText.isEmpty ? "" : key.defaultText,
                key.reloadWords, key.meaning,
            ]
            text += "| " + cells.joined(separator: " | ") + " |\n"
        }
        return text
    }

    /// The example of this page; a test reads it.
    static let example = """
        listen:
          rest: 8501
          admin: 8502
          host: 127.0.0.1
        limits: { body: 100MiB, request_timeout: 30s }
        memory: 4GiB
        log: { level: info, format: text, access: text }
        models:
          - name: digits
            source: ./models/digits     # a directory of numbered versions
            versions: { latest: 2 }
            labels: { stable: 3, canary: 4 }
            batching: { rows: 32 }
          - name: prices
            source: /srv/models/prices
            versions: [7]
            switch: resource_preserving
            engine: onnxruntime
            queue: 256
            instances: 2
            warm_up: { synthetic: true, iterations: 3 }
            retry: { attempts: 3, pause: 500ms, pause_max: 10s }

        """

    private static let introduction = """
        # Configuration

        <!-- Made from the schema in Sources/Slipway/Configuration. To make it anew:
             UPDATE_DOCS=1 swift test --filter ConfigurationReferenceTests -->

        Slipway reads one YAML file, usually `slipway.yaml`:

        ```yaml
        \(example)```

        `slipway check` says everything that is wrong with a file, each line with its place and, for
        a mistyped word, the nearest right one: `slipway.yaml:7:5: unknown key 'verions'; did you
        mean 'versions'?` `slipway config` prints the configuration with every default filled in.

        The file is strict. A key that is unknown, given twice or of the wrong kind is an error, and
        a file with an error is refused as a whole. Anchors, references and tags are not accepted.
        Flags of `slipway serve` win over the file.

        The file is read again when it changes and on SIGHUP. A new file with an error changes
        nothing: the errors are logged and the server goes on with the old one. Otherwise each
        difference is logged and applied; keys marked "on restart" below keep their old value until
        the server starts again, and the log says so.

        Values:

        - A **duration** is a number with `ms`, `s`, `m` or `h`: `250ms`, `1.5s`, `5m`.
        - A **size** is a number of bytes, alone or with `KiB`, `MiB`, `GiB`, `TiB` (powers of 1024)
          or `KB`, `MB`, `GB`, `TB` (powers of 1000).
        - A **path** that is relative starts at the directory of the file; in a flag, at the working
          directory.

        """

    private static let closing = """

        ## What comes later

        A `source` with a scheme, such as `s3://…`, is refused: sources are local directories.

        """
}

extension KeyDescription {
    /// Whether there is nothing to say about the key but what it holds.
    fileprivate var isPlainSection: Bool { isSection && kind == "section" }

    fileprivate var reloadWords: String {
        switch reload {
        case .live: "on reload"
        case .restart: "on restart"
        }
    }
}
