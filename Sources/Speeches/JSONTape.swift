internal import CJSONTape
internal import Foundation

/// The fast way from bytes to values: several times as fast as Foundation's, which is worth it where every record of a
/// Kafka topic goes through it (`Tests/Benchmarks/stores`). It takes what is plainly right and leaves the rest, errors and
/// all, to Foundation; so both must agree on what they both take, which the tests compare.
package enum JSONTape {
    /// Why the fast way stops; nobody sees it.
    struct NotTaken: Error {}

    /// Reads a value, or gives nil where Foundation must decide.
    static func read<Value: WireObject>(_ type: Value.Type, from data: Data) -> Value? {
        data.withUnsafeBytes { bytes -> Value? in
            let bytes = bytes.bindMemory(to: UInt8.self)
            guard let start = bytes.baseAddress, String(validating: bytes, as: UTF8.self) != nil,
                let tape = json_tape_parse(start, bytes.count)
            else { return nil }
            defer { json_tape_free(tape) }
            return try? TapeValue(item: json_tape_items(tape), texts: json_tape_texts(tape)).object()
        }
    }
}

extension JSONTape {
    /// The members of an object that are texts, or can be read as one; the others are left out.
    /// - Parameter text: a member's text: of a string, of a list of strings, of a whole number, of true or false.
    /// - Returns: nil where Foundation must decide: this is no object, a name comes twice, a number has a fraction, or a
    ///   member has parts of its own that are not all strings.
    package static func texts(in bytes: [UInt8]) -> [String: String]? {
        bytes.withUnsafeBufferPointer { bytes -> [String: String]? in
            guard let start = bytes.baseAddress, String(validating: bytes, as: UTF8.self) != nil,
                let tape = json_tape_parse(start, bytes.count)
            else { return nil }
            defer { json_tape_free(tape) }
            return try? TapeValue(item: json_tape_items(tape), texts: json_tape_texts(tape)).textsByName()
        }
    }
}

/// One value of a tape, which must outlive it.
struct TapeValue {
    let item: UnsafePointer<json_tape_item>
    let texts: UnsafePointer<UInt8>

    private var kind: UInt32 { item.pointee.kind }

    private func at(_ item: UnsafePointer<json_tape_item>) -> TapeValue { TapeValue(item: item, texts: texts) }

    /// What follows it, where there is anything.
    fileprivate var next: TapeValue {
        let isContainer = kind == UInt32(json_tape_object) || kind == UInt32(json_tape_array)
        return at(item + (isContainer ? Int(item.pointee.size) + 1 : 1))
    }

    fileprivate var isNull: Bool { kind == UInt32(json_tape_null) }

    fileprivate var utf8: UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: texts + Int(item.pointee.bits), count: Int(item.pointee.size))
    }

    func string() throws -> String {
        guard kind == UInt32(json_tape_string) else { throw JSONTape.NotTaken() }
        return String(decoding: utf8, as: UTF8.self)
    }

    func flag() throws -> Bool {
        guard kind == UInt32(json_tape_true) || kind == UInt32(json_tape_false) else { throw JSONTape.NotTaken() }
        return kind == UInt32(json_tape_true)
    }

    func whole() throws -> Int {
        guard kind == UInt32(json_tape_whole) else { throw JSONTape.NotTaken() }
        return Int(item.pointee.bits)
    }

    func real() throws -> Double {
        if kind == UInt32(json_tape_real) { return Double(bitPattern: UInt64(bitPattern: item.pointee.bits)) }
        return Double(try whole())
    }

    func object<Value: WireObject>() throws -> Value {
        guard kind == UInt32(json_tape_object) else { throw JSONTape.NotTaken() }
        return try Value(TapeMembers<Value.CodingKeys>(value: self))
    }

    func array<Element>(_ read: (TapeValue) throws -> Element) throws -> [Element] {
        guard kind == UInt32(json_tape_array) else { throw JSONTape.NotTaken() }
        let end = next.item
        var elements: [Element] = []
        var value = at(item + 1)
        while value.item < end {
            elements.append(try read(value))
            value = value.next
        }
        return elements
    }

    /// Of a repeated name the first counts, as in Foundation.
    func dictionary<Element>(_ read: (TapeValue) throws -> Element) throws -> [String: Element] {
        guard kind == UInt32(json_tape_object) else { throw JSONTape.NotTaken() }
        var elements: [String: Element] = [:]
        try forEachMember { name, value in
            let name = try name.string()
            if elements[name] == nil { elements[name] = try read(value) }
            return true
        }
        return elements
    }

    fileprivate func textsByName() throws -> [String: String] {
        guard kind == UInt32(json_tape_object) else { throw JSONTape.NotTaken() }
        var texts: [String: String] = [:]
        var names: Set<String> = []
        try forEachMember { name, value in
            let name = try name.string()
            guard names.insert(name).inserted else { throw JSONTape.NotTaken() }
            texts[name] = try value.lineOrLines()
            return true
        }
        return texts
    }

    /// What a person would write for the value on one line or several; nil for null.
    private func lineOrLines() throws -> String? {
        switch kind {
        case UInt32(json_tape_string): return try string()
        case UInt32(json_tape_whole): return String(try whole())
        case UInt32(json_tape_true), UInt32(json_tape_false): return try flag() ? "true" : "false"
        case UInt32(json_tape_array): return try array { try $0.string() }.joined(separator: "\n")
        case UInt32(json_tape_null): return nil
        default: throw JSONTape.NotTaken()
        }
    }

    /// Calls back with name and value of each member of an object until told to stop.
    fileprivate func forEachMember(_ body: (TapeValue, TapeValue) throws -> Bool) rethrows {
        let end = next.item
        var name = at(item + 1)
        while name.item < end {
            let value = at(name.item + 1)
            guard try body(name, value) else { return }
            name = value.next
        }
    }
}

/// The members of an object on a tape.
struct TapeMembers<Key: CodingKey>: WireMembers {
    let value: TapeValue

    /// Objects have few members, so looking along them is quicker than any table.
    private func find(_ key: Key) -> TapeValue? {
        var wanted = key.stringValue
        return wanted.withUTF8 { wanted in
            var found: TapeValue?
            value.forEachMember { name, value in
                let utf8 = name.utf8
                guard utf8.count == wanted.count, memcmp(utf8.baseAddress!, wanted.baseAddress!, utf8.count) == 0
                else { return true }
                found = value
                return false
            }
            return found
        }
    }

    private func member(_ key: Key) throws -> TapeValue {
        guard let value = find(key) else { throw JSONTape.NotTaken() }
        return value
    }

    func contains(_ key: Key) -> Bool { find(key) != nil }
    func isNull(_ key: Key) throws -> Bool { try member(key).isNull }
    func string(_ key: Key) throws -> String { try member(key).string() }
    func flag(_ key: Key) throws -> Bool { try member(key).flag() }
    func whole(_ key: Key) throws -> Int? { try member(key).whole() }
    func real(_ key: Key) throws -> Double? { try member(key).real() }
    func strings(_ key: Key) throws -> [String] { try member(key).array { try $0.string() } }
    func stringsByName(_ key: Key) throws -> [String: String] { try member(key).dictionary { try $0.string() } }

    func listsByName(_ key: Key) throws -> [String: [String]] {
        try member(key).dictionary { try $0.array { try $0.string() } }
    }

    func object<Value: WireObject>(_ key: Key) throws -> Value { try member(key).object() }
    func objects<Value: WireObject>(_ key: Key) throws -> [Value] { try member(key).array { try $0.object() } }
    func invalid(_ key: Key, _ reason: String) -> any Error { JSONTape.NotTaken() }
    func unsupported(_ version: Int, known: Int) -> any Error { JSONTape.NotTaken() }
}
