/// What this program is.
public enum Version {
    /// The semantic version; the changelog's newest heading.
    public static let number = "0.1.0-dev"

    /// The language version that it was built with.
    public static let swift: String = {
        #if swift(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }()
}
