internal import Logging
internal import WorkerSupport

extension CrashJournal {
    /// The folder without a setting, in the working folder.
    private static let defaultFolder = "rostrum-state"

    /// The journal that the settings want, for the thread that calls.
    /// - Returns: nil, and a warning, when no folder was set and the working folder cannot be written to: a worker that
    ///   nobody gave a place works without.
    /// - Throws: `ProgramFailure` when the folder that was set cannot be used.
    static func open(_ settings: Settings, group: String, logger: Logger) throws -> CrashJournal? {
        let limit = settings.delivery.crashLimit
        if let folder = settings.statePath {
            return try CrashJournal(folder: folder, group: group, limit: limit, logger: logger)
        }
        do {
            return try CrashJournal(folder: defaultFolder, group: group, limit: limit, logger: logger)
        } catch {
            logger.write(
                .warning, "a record that crashes the worker will be read again after every restart",
                [.errorCode: error.code, .errorReason: error.reason])
            return nil
        }
    }
}
