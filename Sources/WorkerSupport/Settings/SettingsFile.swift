internal import Configuration
internal import Foundation
internal import Yams

/// A settings file: YAML, its keys walked with their lines, because swift-configuration reads values and lists no keys.
struct SettingsFile {
    /// Bytes of the largest file that is read.
    static let maxBytes = 1_048_576

    /// The values, as swift-configuration serves them.
    let snapshot: YAMLSnapshot?
    /// The line of every known key.
    let lines: [SettingKey: Int]
    /// Names under `kafka.extra`.
    let extraProperties: [String]
    /// Everything that is wrong with the file's form and names.
    let problems: [SettingsProblem]
    /// The file as the person named it.
    let path: String

    init(path: String) {
        self.path = path
        var walk = KeyWalk(path: path)
        do {
            let data = try Self.read(path)
            guard let text = String(data: data, encoding: .utf8) else {
                throw SettingsProblem(code: .unreadable, text: "\(path) is not UTF-8 text; save it as UTF-8")
            }
            if let root = try Yams.compose(yaml: text) { walk.root(root) }
            // A file of comments alone has no root; the library calls that an error, we call it defaults. Values are
            // read even where other keys are wrong, so that all problems come at once.
            let hasValues = !walk.lines.isEmpty
            snapshot =
                hasValues
                ? try YAMLSnapshot(
                    data: data.span.bytes, providerName: "file",
                    parsingOptions: .init(
                        secretsSpecifier: .dynamic { key, _ in
                            Catalogue.isSecret(property: key) || Catalogue.secretNames.contains(key)
                        }))
                : nil
        } catch let problem as SettingsProblem {
            walk.problems.append(problem)
            snapshot = nil
        } catch let error as YamlError {
            walk.problems.append(Self.problem(error, path: path))
            snapshot = nil
        } catch  where !walk.problems.isEmpty {
            // What the library refuses, such as a mapping within a list, the walk has named already.
            snapshot = nil
        } catch {
            walk.problems.append(
                SettingsProblem(code: .unreadable, text: "\(path) cannot be read: \(error.localizedDescription)"))
            snapshot = nil
        }
        lines = walk.lines
        extraProperties = walk.extraProperties
        problems = walk.problems
    }

    private static func read(_ path: String) throws -> Data {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            let reason = String(cString: strerror(errno)).lowercased()
            throw SettingsProblem(
                code: .unreadable,
                text: "settings file '\(path)' cannot be read: \(reason); name an existing file by --config or "
                    + "ROSTRUM_CONFIG, or leave both out")
        }
        defer { try? handle.close() }
        let data = try handle.read(upToCount: maxBytes + 1) ?? Data()
        guard data.count <= maxBytes else {
            throw SettingsProblem(
                code: .unreadable, text: "settings file '\(path)' is larger than \(maxBytes) bytes; name the right file"
            )
        }
        return data
    }

    /// Yams' own texts quote the line, which may hold a secret; ours gives the place and the reason.
    private static func problem(_ error: YamlError, path: String) -> SettingsProblem {
        let (place, reason): (String, String) =
            switch error {
            case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
                .composer(_, let problem, let mark, _):
                (":\(mark.line):\(mark.column)", problem)
            case .duplicatedKeysInMapping(let duplicates, let context):
                (":\(context.mark.line)", "written twice: \(duplicates.joined(separator: ", "))")
            default: ("", "not readable as YAML")
            }
        return SettingsProblem(
            code: .unreadable, text: "\(path)\(place): \(reason); see Config/rostrum.yaml for the form")
    }
}

extension SettingsProblem: Error {}

/// Collects known keys and complains of all others.
private struct KeyWalk {
    let path: String
    var lines: [SettingKey: Int] = [:]
    var extraProperties: [String] = []
    var problems: [SettingsProblem] = []

    private static let keys = Catalogue.entries.map(\.key)
    private static let sections = Catalogue.sections.map(\.name)

    init(path: String) { self.path = path }

    mutating func root(_ node: Node) {
        guard let mapping = node.mapping else {
            if node.null == nil { complain(node, "a settings file is a mapping of sections, such as 'kafka:'") }
            return
        }
        for (keyNode, value) in mapping {
            let name = keyNode.string ?? ""
            guard Self.sections.contains(name) else {
                unknown(keyNode, name, among: Self.sections + Self.keys.map(\.description))
                continue
            }
            // A section whose keys are all commented out is null.
            if value.null != nil { continue }
            guard let members = value.mapping else {
                complain(value, "section '\(name)' must be a mapping of keys to values")
                continue
            }
            section(name, members)
        }
    }

    private mutating func section(_ section: String, _ members: Node.Mapping) {
        for (keyNode, value) in members {
            let key = SettingKey(components: [section, keyNode.string ?? ""])
            if key == Catalogue.extra {
                extra(value)
            } else if !Self.keys.contains(key) {
                unknown(keyNode, key.description, among: Self.keys.map(\.description) + [Catalogue.extra.description])
            } else if value.scalar == nil || value.null != nil {
                complain(value, "\(key) must be a single value; remove the line to get the default")
            } else {
                lines[key] = keyNode.mark?.line ?? 0
            }
        }
    }

    private mutating func extra(_ node: Node) {
        if node.null != nil { return }
        guard let mapping = node.mapping else {
            complain(node, "kafka.extra must be a mapping of librdkafka's property names to values")
            return
        }
        for (keyNode, value) in mapping {
            let name = keyNode.string ?? ""
            guard value.scalar != nil, value.null == nil, !name.isEmpty else {
                complain(
                    value, "kafka.extra.\(name) must be a single value; write the property's whole name on one line")
                continue
            }
            extraProperties.append(name)
            lines[SettingKey(components: Catalogue.extra.components + [name])] = keyNode.mark?.line ?? 0
        }
    }

    private mutating func unknown(_ node: Node, _ name: String, among candidates: [String]) {
        let place = node.mark.map { "\(path):\($0.line)" } ?? path
        problems.append(
            SettingsProblem(
                code: .unknownKey,
                text: "'\(name)' (\(place)) is no setting" + NearMiss.hint(name, among: candidates)
                    + " (all are in Config/rostrum.yaml)"))
    }

    private mutating func complain(_ node: Node, _ text: String) {
        let place = node.mark.map { "\(path):\($0.line)" } ?? path
        problems.append(SettingsProblem(code: .badValue, text: "\(place): \(text)"))
    }
}
