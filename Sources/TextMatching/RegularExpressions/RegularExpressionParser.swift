/// The tree of an expression.
indirect enum RegularExpressionNode: Equatable, Sendable {
    case empty
    case set(CharacterSet)
    case sequence([RegularExpressionNode])
    case alternatives([RegularExpressionNode])
    /// At most `nil`: without end.
    case repeated(RegularExpressionNode, atLeast: Int, atMost: Int?)
    case wordBoundary(Bool)
    case start
    case end

    /// Whether nothing at all satisfies it.
    var canBeEmpty: Bool {
        switch self {
        case .empty, .wordBoundary, .start, .end: true
        case .set: false
        case .sequence(let nodes): nodes.allSatisfy(\.canBeEmpty)
        case .alternatives(let nodes): nodes.contains(where: \.canBeEmpty)
        case .repeated(let node, let least, _): least == 0 || node.canBeEmpty
        }
    }
}

/// Reads an expression by recursive descent.
struct RegularExpressionParser {
    private typealias Problem = RegularExpression.Problem

    private static let maximumDepth = 32
    private static let maximumRepetition = 100

    private let scalars: [Unicode.Scalar]
    /// Where `scalars` begins in the pattern.
    private let offset: Int
    private var at = 0
    private var depth = 0

    init(_ scalars: [Unicode.Scalar], offset: Int) {
        self.scalars = scalars
        self.offset = offset
    }

    mutating func parse() throws(RegularExpression.Problem) -> RegularExpressionNode {
        let node = try parseAlternatives()
        guard at == scalars.count else {
            throw problem("this parenthesis closes nothing", cure: "remove it, or write \\)")
        }
        return node
    }

    private func problem(_ message: String, cure: String) -> RegularExpression.Problem {
        RegularExpression.Problem(message: message, cure: cure, offset: offset + min(at, max(scalars.count - 1, 0)))
    }

    private var current: Unicode.Scalar? { at < scalars.count ? scalars[at] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard current == scalar else { return false }
        at += 1
        return true
    }

    private mutating func parseAlternatives() throws(RegularExpression.Problem) -> RegularExpressionNode {
        var nodes = [try parseSequence()]
        while take("|") { nodes.append(try parseSequence()) }
        return nodes.count == 1 ? nodes[0] : .alternatives(nodes)
    }

    private mutating func parseSequence() throws(RegularExpression.Problem) -> RegularExpressionNode {
        var nodes: [RegularExpressionNode] = []
        while let scalar = current, scalar != "|", scalar != ")" {
            nodes.append(try parseRepeated())
        }
        return nodes.isEmpty ? .empty : nodes.count == 1 ? nodes[0] : .sequence(nodes)
    }

    private mutating func parseRepeated() throws(RegularExpression.Problem) -> RegularExpressionNode {
        var node = try parseAtom()
        while let scalar = current {
            switch scalar {
            case "*": node = .repeated(node, atLeast: 0, atMost: nil)
            case "+": node = .repeated(node, atLeast: 1, atMost: nil)
            case "?": node = .repeated(node, atLeast: 0, atMost: 1)
            case "{":
                let (least, most) = try parseBounds()
                node = .repeated(node, atLeast: least, atMost: most)
                continue
            default: return node
            }
            at += 1
        }
        return node
    }

    /// `{n}`, `{n,}` or `{n,m}`.
    private mutating func parseBounds() throws(RegularExpression.Problem) -> (Int, Int?) {
        let start = at
        at += 1
        let least = number()
        var most = least
        if take(",") { most = number() }
        guard let least, take("}"), least <= Self.maximumRepetition, (most ?? least) >= least,
            (most ?? least) <= Self.maximumRepetition
        else {
            at = start
            throw problem(
                "the repetition is not {n}, {n,} or {n,m} with at most \(Self.maximumRepetition)",
                cure: "write \\{ for the character")
        }
        return (least, most)
    }

    private mutating func number() -> Int? {
        var digits = ""
        while let scalar = current, ("0"..."9").contains(scalar), digits.count < 6 {
            digits.unicodeScalars.append(scalar)
            at += 1
        }
        return Int(digits)
    }

    private mutating func parseAtom() throws(RegularExpression.Problem) -> RegularExpressionNode {
        guard let scalar = current else { return .empty }
        switch scalar {
        case "(": return try parseGroup()
        case "[": return .set(try parseClass())
        case "\\": return try parseEscape()
        case "*", "+", "?", "{":
            throw problem("'\(scalar)' has nothing to repeat", cure: "write \\\(scalar) for the character")
        default: break
        }
        at += 1
        switch scalar {
        case ".": return .set(.any)
        case "^": return .start
        case "$": return .end
        default: return .set(CharacterSet([scalar.value...scalar.value]))
        }
    }

    private mutating func parseGroup() throws(RegularExpression.Problem) -> RegularExpressionNode {
        at += 1
        if take("?"), !take(":") {
            throw problem(
                "look-around, named groups and flags inside the expression are not known",
                cure: "write (?:…) for a group; put (?-i) first for exact case")
        }
        depth += 1
        guard depth <= Self.maximumDepth else {
            throw problem("groups nest deeper than \(Self.maximumDepth)", cure: "simplify the expression")
        }
        let node = try parseAlternatives()
        depth -= 1
        guard take(")") else { throw problem("a parenthesis is never closed", cure: "close it, or write \\(") }
        return node
    }

    private mutating func parseEscape() throws(RegularExpression.Problem) -> RegularExpressionNode {
        at += 1
        guard let scalar = current else {
            throw problem("the expression ends with \\", cure: "write \\\\ for the character")
        }
        if scalar == "b" || scalar == "B" {
            at += 1
            return .wordBoundary(scalar == "b")
        }
        return .set(try escapedSet(scalar))
    }

    private mutating func escapedSet(_ scalar: Unicode.Scalar) throws(RegularExpression.Problem) -> CharacterSet {
        let set: CharacterSet
        switch scalar {
        case "d": set = .digits
        case "D": set = CharacterSet.digits.inverted
        case "w": set = .word
        case "W": set = CharacterSet.word.inverted
        case "s": set = .space
        case "S": set = CharacterSet.space.inverted
        case "t": set = CharacterSet([0x09...0x09])
        case "1"..."9":
            throw problem(
                "back references are not known: they cannot be matched in linear time", cure: "write the words out")
        case "a"..."z", "A"..."Z", "0":
            throw problem(
                "'\\\(scalar)' is not known", cure: "known are \\d \\w \\s \\b, their capitals, \\t and escaped signs")
        default: set = CharacterSet([scalar.value...scalar.value])
        }
        at += 1
        return set
    }

    private mutating func parseClass() throws(RegularExpression.Problem) -> CharacterSet {
        at += 1
        let isInverted = take("^")
        var set = CharacterSet([])
        var isFirst = true
        while let scalar = current, scalar != "]" || isFirst {
            isFirst = false
            if scalar == "\\" {
                at += 1
                guard let escaped = current else { break }
                set.formUnion(try escapedSet(escaped))
                continue
            }
            at += 1
            var last = scalar
            if current == "-", at + 1 < scalars.count, scalars[at + 1] != "]" {
                at += 1
                last = scalars[at]
                at += 1
                guard last.value >= scalar.value, last != "\\" else {
                    throw problem("the range \(scalar)-\(last) runs backwards", cure: "write the lower character first")
                }
            }
            set.formUnion(CharacterSet([scalar.value...last.value]))
        }
        guard take("]") else { throw problem("a [ is never closed", cure: "close it, or write \\[") }
        return isInverted ? set.inverted : set
    }
}

/// Turns the tree into instructions.
struct RegularExpressionCompiler {
    private(set) var program: [RegularExpression.Instruction] = []

    mutating func compile(_ node: RegularExpressionNode) throws(RegularExpression.Problem) {
        try add(node)
        try append(.accept)
    }

    @discardableResult
    private mutating func append(_ instruction: RegularExpression.Instruction) throws(RegularExpression.Problem) -> Int
    {
        guard program.count < RegularExpression.maximumInstructions else {
            throw RegularExpression.Problem(
                message:
                    "the expression is too large: it takes more than \(RegularExpression.maximumInstructions) steps",
                cure: "repeat less, or split it into several", offset: 0)
        }
        program.append(instruction)
        return program.count - 1
    }

    private mutating func add(_ node: RegularExpressionNode) throws(RegularExpression.Problem) {
        switch node {
        case .empty: break
        case .set(let set): try append(.character(set))
        case .wordBoundary(let isBoundary): try append(.wordBoundary(isBoundary))
        case .start: try append(.start)
        case .end: try append(.end)
        case .sequence(let nodes): for node in nodes { try add(node) }
        case .alternatives(let nodes): try addAlternatives(nodes)
        case .repeated(let node, let least, let most): try addRepeated(node, least, most)
        }
    }

    private mutating func addAlternatives(_ nodes: [RegularExpressionNode]) throws(RegularExpression.Problem) {
        var jumps: [Int] = []
        for (index, node) in nodes.enumerated() {
            guard index < nodes.count - 1 else {
                try add(node)
                break
            }
            let split = try append(.split(program.count + 1, 0))
            try add(node)
            jumps.append(try append(.jump(0)))
            program[split] = .split(split + 1, program.count)
        }
        for jump in jumps { program[jump] = .jump(program.count) }
    }

    private mutating func addRepeated(
        _ node: RegularExpressionNode, _ least: Int, _ most: Int?
    ) throws(RegularExpression.Problem) {
        for _ in 0..<least { try add(node) }
        guard let most else {
            let split = try append(.split(program.count + 1, 0))
            try add(node)
            try append(.jump(split))
            program[split] = .split(split + 1, program.count)
            return
        }
        var splits: [Int] = []
        for _ in least..<max(most, least) {
            splits.append(try append(.split(program.count + 1, 0)))
            try add(node)
        }
        for split in splits { program[split] = .split(split + 1, program.count) }
    }
}
