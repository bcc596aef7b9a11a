public import Delivery
internal import Foundation
public import RuleEngine
internal import Synchronization
public import WorkerSupport

/// What came of reading the rules again.
public enum RulesetReload: Sendable {
    /// Other rules are in use now.
    case exchanged(Ruleset)
    /// The files say what is in use already.
    case unchanged(Ruleset)
    /// The files cannot be used; the rules in use stay.
    case refused(ProgramFailure)
}

/// Reads the rules again when their files change or somebody asks (SIGHUP), without a restart: on a thread of its own the
/// whole ruleset is read, checked and compiled, and only then exchanged. Rules that are not sound change nothing.
public final class RulesetReloader: Sendable {
    private let live: LiveRuleset
    private let settings: Settings
    private let isAsked = Atomic(false)
    private let told: @Sendable (RulesetReload) -> Void

    /// Makes a reloader; `start` lets it loose.
    /// - Parameter told: told of every attempt, on the reloader's thread.
    public init(_ live: LiveRuleset, _ settings: Settings, told: @escaping @Sendable (RulesetReload) -> Void) {
        self.live = live
        self.settings = settings
        self.told = told
    }

    /// Asks for a reload now, whether files have changed or not. Any thread.
    public func ask() { isAsked.store(true, ordering: .releasing) }

    /// Watches until the stop is requested.
    public func start(until stop: StopRequest) {
        guard let folder = settings.rulesPath ?? ShippedFiles.rules else { return }
        let interval = settings.rulesReloadSeconds
        let thread = Thread { [self] in
            var decision = ReloadDecision(loaded: FolderState(of: folder))
            var sinceLook = 0
            while !stop.isRequested {
                Thread.sleep(forTimeInterval: 1)
                sinceLook += 1
                let asked = isAsked.exchange(false, ordering: .acquiring)
                guard asked || (interval > 0 && sinceLook >= interval) else { continue }
                sinceLook = 0
                if decision.look(FolderState(of: folder), isAsked: asked) { told(reload()) }
            }
        }
        thread.name = "rules"
        thread.start()
    }

    /// Reads and compiles, exchanges when that went well and the rules are others.
    func reload() -> RulesetReload {
        do {
            let ruleset = try Rules.load(settings)
            guard ruleset.identity != live.current.ruleset.identity else { return .unchanged(ruleset) }
            live.exchange(for: ruleset)
            return .exchanged(ruleset)
        } catch {
            return .refused(error)
        }
    }
}
