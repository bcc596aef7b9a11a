/// When rules are read again: at once when asked, and after their files have changed and then stood still from one look
/// to the next, so that half a copy is not taken for the whole. A pure value.
struct ReloadDecision<State: Equatable> {
    private var loaded: State
    private var seen: State

    /// - Parameter loaded: what was there when the rules in use were read.
    init(loaded: State) {
        self.loaded = loaded
        seen = loaded
    }

    /// Takes a look; true when the rules are to be read now.
    mutating func look(_ now: State, isAsked: Bool) -> Bool {
        let stands = now == seen
        seen = now
        guard isAsked || (stands && now != loaded) else { return false }
        // Rules that are refused are not read again until something changes or somebody asks.
        loaded = now
        return true
    }
}
