internal import CLibCrypto

/// SHA-256 over a sequence of fields, each prefixed with its length so that no two field lists share an encoding.
/// The hash is libcrypto's (FIPS 180-4).
public struct Digest: Sendable {
    private var message: [UInt8] = []

    /// Looked up once: libcrypto's one-shot function asks its providers for the algorithm by name each time, which takes
    /// longer than a short message's digest. Unchecked, because what is fetched never changes and may be used by any
    /// number of threads (https://docs.openssl.org/3.0/man7/crypto/#algorithm-fetching); it lives as long as the process.
    private struct Algorithm: @unchecked Sendable {
        let algorithm = EVP_MD_fetch(nil, "SHA256", nil)
    }
    private static let sha256 = Algorithm()

    /// Starts a digest in a named domain, so that the same fields in two uses give two digests.
    /// - Parameter bytes: about how many will be added, where the caller knows.
    public init(domain: String, reserving bytes: Int = 0) {
        message.reserveCapacity(bytes + 256)
        add(domain)
    }

    /// Adds one text field.
    public mutating func add(_ field: String) {
        var field = field
        add(field.utf8.count)
        field.withUTF8 { message.append(contentsOf: $0) }
    }

    /// Adds one field that may be absent; absent differs from empty.
    public mutating func add(optional field: String?) {
        message.append(field == nil ? 0 : 1)
        if let field { add(field) }
    }

    /// Adds one number.
    public mutating func add(_ number: Int) {
        withUnsafeBytes(of: UInt64(bitPattern: Int64(number)).bigEndian) { message.append(contentsOf: $0) }
    }

    /// Adds one field of bytes.
    public mutating func add(_ field: [UInt8]) {
        add(field.count)
        message.append(contentsOf: field)
    }

    /// The 32 bytes of the digest over all fields added so far.
    public var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Int(SHA256_DIGEST_LENGTH)) { output, count in
            let isDone = EVP_Digest(message, message.count, output.baseAddress, nil, Self.sha256.algorithm, nil)
            precondition(isDone == 1, "libcrypto computes SHA-256")
            count = Int(SHA256_DIGEST_LENGTH)
        }
    }

    /// The digest as lower-case hexadecimal digits; `length` of them, from 2 to 64.
    public func hexadecimal(length: Int = 64) -> String {
        let bytes = bytes
        return String(unsafeUninitializedCapacity: length) { text in
            for index in 0..<length {
                let digit = index % 2 == 0 ? bytes[index / 2] >> 4 : bytes[index / 2] & 15
                text[index] = digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
            }
            return length
        }
    }
}

extension Digest {
    /// The 16 bytes of the MD5 hash of a text: for splitting labelled data as others split it, never for trust.
    public static func md5(_ text: String) -> [UInt8] {
        let message = Array(text.utf8)
        return [UInt8](unsafeUninitializedCapacity: Int(EVP_MAX_MD_SIZE)) { output, count in
            var length: UInt32 = 0
            let isDone = EVP_Digest(message, message.count, output.baseAddress, &length, EVP_md5(), nil)
            precondition(isDone == 1, "libcrypto computes MD5")
            count = Int(length)
        }
    }
}
