public import ArgumentParser
internal import Foundation

/// Names a store on the command line, whatever its kind.
public struct StoreOption: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "A SQLite file (store.path); a folder of NDJSON files, with a slash at its end where it is not there yet; or "
                + "postgresql://user@host/database without a password (store.connection).",
            valueName: "store"))
    var store: String?

    /// Made by the parser.
    public init() {}

    /// The settings that it stands for.
    public var flags: [SettingFlag] {
        guard let store else { return [] }
        func flag(_ key: String, _ value: String) -> SettingFlag {
            SettingFlag(key: key, value: value, flag: "--store")
        }
        if store.hasPrefix("postgresql://") || store.hasPrefix("postgres://") {
            return [flag("store.kind", "postgresql"), flag("store.connection", store)]
        }
        var isFolder: ObjCBool = false
        let isThere = FileManager.default.fileExists(atPath: store, isDirectory: &isFolder)
        let kind = store.hasSuffix("/") || (isThere && isFolder.boolValue) ? "ndjson" : "sqlite"
        return [flag("store.kind", kind), flag("store.path", store)]
    }
}
