internal import Yams

/// A YAML node with its file: reads values of the expected type and says what is wrong where they are not.
struct YAMLNode {
    let node: Node
    let source: RuleText

    /// Where it stands, on one line: the scalar if it is one, else its first character.
    var range: SourceRange {
        guard let mark = node.mark else { return SourceRange(line: 1, column: 1) }
        guard case .scalar(let scalar) = node, scalar.style != .literal, scalar.style != .folded else {
            return SourceRange(line: mark.line, column: mark.column)
        }
        let line = source.line(mark.line).unicodeScalars
        let rest = max(line.count - mark.column + 1, 1)
        if scalar.style == .plain || scalar.style == .any {
            let width = scalar.string.unicodeScalars.prefix(rest).count
            return SourceRange(line: mark.line, column: mark.column, length: max(width, 1))
        }
        let end = QuotedScalar(Array(line), from: mark.column - 1)?.end
        return SourceRange(line: mark.line, column: mark.column, length: end.map { $0 - mark.column + 1 } ?? rest)
    }

    var string: String? {
        guard case .scalar(let scalar) = node else { return nil }
        return scalar.string
    }

    /// Whether it was written with quotation marks or as a block.
    var isQuoted: Bool {
        guard case .scalar(let scalar) = node else { return false }
        return scalar.style != .plain && scalar.style != .any
    }

    /// Whether there is nothing behind the key.
    var isAbsent: Bool { !isQuoted && string == "" }

    /// The scalar's text with the way back to the file, nil for a mapping or sequence.
    var scalarText: ScalarText? {
        guard case .scalar(let scalar) = node, let mark = node.mark else { return nil }
        return ScalarText(scalar, mark, in: source)
    }

    /// The elements of a sequence.
    var sequence: [YAMLNode]? {
        guard case .sequence(let sequence) = node else { return nil }
        return sequence.map { YAMLNode(node: $0, source: source) }
    }

    /// The elements of a sequence; a single value counts as a sequence of one.
    var elements: [YAMLNode]? {
        if case .scalar = node { return [self] }
        return sequence
    }

    /// The members of a mapping in file order.
    var members: [(key: YAMLNode, value: YAMLNode)]? {
        guard case .mapping(let mapping) = node else { return nil }
        return mapping.map { (YAMLNode(node: $0.key, source: source), YAMLNode(node: $0.value, source: source)) }
    }
}

/// Turns a rule file's text into YAML nodes, with everything refused that YAML allows and rule files have no need of.
enum YAMLFile {
    /// A file may have this many values.
    static let maximumNodes = 100_000
    /// Mappings and sequences may nest this deep.
    static let maximumDepth = 20

    static func read(_ source: RuleText, _ bag: inout DiagnosticBag) -> YAMLNode? {
        guard source.text.utf8.count <= RuleText.maximumSize else {
            bag.add(Diagnostic.tooLarge(source.path, bytes: source.text.utf8.count))
            return nil
        }
        guard refuseLineEnds(source, &bag), refuseAnchors(source, &bag) else { return nil }
        do {
            guard let node = try Yams.compose(yaml: source.text) else {
                bag.add(
                    Diagnostic(
                        .notAMapping, path: source.path, range: SourceRange(line: 1, column: 1), "the file is empty",
                        cure: "write 'topic: …' or remove the file"))
                return nil
            }
            var walk = NodeWalk(source: source)
            guard walk.visit(node, &bag) else { return nil }
            return YAMLNode(node: node, source: source)
        } catch let error as YamlError {
            bag.add(error.diagnostic(in: source))
        } catch {
            bag.add(
                Diagnostic(
                    .invalidYAML, path: source.path, range: SourceRange(line: 1, column: 1),
                    "the file is not valid YAML",
                    cure: "check its indentation"))
        }
        return nil
    }

    /// YAML 1.1 takes characters for line ends that editors do not show as such: lines would be counted differently, and
    /// an anchor could hide behind one.
    private static func refuseLineEnds(_ source: RuleText, _ bag: inout DiagnosticBag) -> Bool {
        for (index, line) in source.lines.enumerated() {
            // All of them begin with one of these bytes in UTF-8: CR, C2 85, E2 80 A8, E2 80 A9.
            guard line.utf8.contains(where: { $0 == 0x0D || $0 == 0xC2 || $0 == 0xE2 }) else { continue }
            for (column, scalar) in line.unicodeScalars.enumerated()
            where "\r\u{85}\u{2028}\u{2029}".unicodeScalars.contains(scalar) {
                bag.add(
                    Diagnostic(
                        .strayLineEnd, path: source.path, range: SourceRange(line: index + 1, column: column + 1),
                        "U+\(scalar.codePoint) is a line end for YAML but not for editors",
                        cure: "save the file with LF or CR LF at line ends, and remove the character"))
                return false
            }
        }
        return true
    }

    /// Anchors must be refused before the file is parsed, because aliases are expanded while it is: nine levels of them
    /// never end. An anchor always follows white space, a line start or a flow indicator, so looking for that misses
    /// none; inside a quotation it may refuse a harmless `&x`, which a space mends.
    private static func refuseAnchors(_ source: RuleText, _ bag: inout DiagnosticBag) -> Bool {
        var isClean = true
        for (index, line) in source.lines.enumerated() where line.utf8.contains(UInt8(ascii: "&")) {
            var before: Unicode.Scalar = " "
            let scalars = Array(line.unicodeScalars)
            if scalars.first(where: { $0 != " " && $0 != "\t" }) == "#" { continue }
            for (column, scalar) in scalars.enumerated() {
                let next: Unicode.Scalar = column + 1 < scalars.count ? scalars[column + 1] : " "
                if scalar == "&", " \t\u{FEFF}[{,:-?".unicodeScalars.contains(before), next != " ", next != "\t" {
                    isClean = false
                    bag.add(Diagnostic.anchor(source.path, SourceRange(line: index + 1, column: column + 1, length: 2)))
                }
                before = scalar
            }
        }
        return isClean
    }
}

/// Looks at every node once: how many there are, how deep they nest, and whether one has a tag.
private struct NodeWalk {
    let source: RuleText
    private var count = 0

    init(source: RuleText) {
        self.source = source
    }

    mutating func visit(_ node: Node, _ bag: inout DiagnosticBag, depth: Int = 0) -> Bool {
        count += 1
        guard count <= YAMLFile.maximumNodes, depth <= YAMLFile.maximumDepth else {
            bag.add(tooMany(node))
            return false
        }
        guard !hasProperties(node) else {
            bag.add(Diagnostic.anchor(source.path, YAMLNode(node: node, source: source).range))
            return false
        }
        switch node {
        case .mapping(let mapping):
            return mapping.allSatisfy {
                visit($0.key, &bag, depth: depth + 1) && visit($0.value, &bag, depth: depth + 1)
            }
        case .sequence(let sequence): return sequence.allSatisfy { visit($0, &bag, depth: depth + 1) }
        default: return true
        }
    }

    /// A node's mark names its tag or anchor where it has one.
    private func hasProperties(_ node: Node) -> Bool {
        guard let mark = node.mark, source.lines.indices.contains(mark.line - 1) else { return false }
        let line = source.lines[mark.line - 1].unicodeScalars
        guard let first = line.dropFirst(mark.column - 1).first else { return false }
        return first == "!" || first == "&"
    }

    private func tooMany(_ node: Node) -> Diagnostic {
        let isTooDeep = count <= YAMLFile.maximumNodes
        return Diagnostic(
            .tooManyNodes, path: source.path, range: YAMLNode(node: node, source: source).range,
            isTooDeep
                ? "mappings and lists nest deeper than \(YAMLFile.maximumDepth)"
                : "the file has more than \(YAMLFile.maximumNodes) values",
            cure: isTooDeep ? "check the brackets and the indentation" : "split the file")
    }
}

extension Unicode.Scalar {
    /// Four hexadecimal digits or more.
    var codePoint: String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(4 - digits.count, 0)) + digits
    }
}
