/// Rostrum's own version.
public enum Version {
    /// Semantic version of the programs.
    public static let rostrum = "0.1.0"
}
