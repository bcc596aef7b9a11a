/// A text's words, one after the other: runs of letters with their marks and apostrophes. Bytes of valid UTF-8, which
/// must outlive it.
struct WordScanner {
    /// A word's bytes in the text.
    struct Word {
        let bytes: Slice<UnsafeBufferPointer<UInt8>>
        let isASCII: Bool
    }

    private let text: UnsafeBufferPointer<UInt8>
    private var index = 0

    init(_ text: UnsafeBufferPointer<UInt8>) { self.text = text }

    /// The next word, nil at the end.
    mutating func next() -> Word? {
        while index < text.count {
            let start = index
            var isASCII = true
            while index < text.count {
                let byte = text[index]
                if byte < 0x80 {
                    guard 0x61...0x7A ~= byte | 0x20 || byte == UInt8(ascii: "'") else { break }
                    index &+= 1
                } else {
                    let (scalar, length) = Self.scalar(in: text, at: index)
                    guard Self.isLetter(scalar) else { break }
                    isASCII = false
                    index += length
                }
            }
            if index > start { return Word(bytes: text[start..<index], isASCII: isASCII) }
            index += text[index] < 0x80 ? 1 : Self.scalar(in: text, at: index).length
        }
        return nil
    }

    /// The typographic apostrophe belongs to words, as a letter's marks do.
    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x2019, 0xC0...0xD6, 0xD8...0xF6, 0xF8...0x24F: true
        case 0x2010...0x2027: false
        default: scalar.properties.isAlphabetic || scalar.properties.canonicalCombiningClass != .notReordered
        }
    }

    private static func scalar(
        in text: UnsafeBufferPointer<UInt8>, at index: Int
    ) -> (scalar: Unicode.Scalar, length: Int) {
        let lead = text[index]
        let length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        let value = text[(index + 1)..<(index + length)].reduce(UInt32(lead) & (0x7F >> UInt32(length))) {
            $0 << 6 | UInt32($1 & 0x3F)
        }
        guard let scalar = Unicode.Scalar(value) else { preconditionFailure("a string of Swift's is valid UTF-8") }
        return (scalar, length)
    }
}

/// The commonest function words of some languages, found by their bytes: a table of two words of memory for each, since
/// every word of every document is looked up.
struct FunctionWords: Sendable {
    /// All languages, by their number.
    static let languages = lists.map(\.language)
    /// All lists.
    static let all = FunctionWords()

    private struct Slot: Sendable {
        var low: UInt64 = 0
        var high: UInt64 = 0
        /// Bit n for language n.
        var languages: UInt16 = 0
    }

    /// A power of two, several times the number of words, so that a search ends soon.
    private static let slotCount = 2_048
    private static let wordBytesMax = 16
    private var slots = [Slot](repeating: Slot(), count: slotCount)
    /// A bit for every word's hash: most words of a text are none of these, and 512 bytes say so without the slots.
    private var hashes = [UInt64](repeating: 0, count: 64)

    private init() {
        for (number, list) in Self.lists.enumerated() {
            for word in list.words.split(separator: " ") {
                let bytes = Array(word.utf8)
                let key = bytes.withUnsafeBufferPointer { Self.key($0, 0..<$0.count) }
                let (hash, place) = (Self.hash(of: key), place(of: key))
                hashes[Int(hash >> 58)] |= 1 << (hash >> 52 & 63)
                (slots[place].low, slots[place].high) = key
                slots[place].languages |= 1 << UInt16(number)
            }
        }
    }

    /// The languages that have a word, in any case of letters: bit n for language n.
    func languages(of word: WordScanner.Word) -> UInt16 {
        guard word.bytes.count <= Self.wordBytesMax else { return 0 }
        if word.isASCII {
            var key = Self.key(word.bytes.base, word.bytes.startIndex..<word.bytes.endIndex)
            // The bit makes capitals small and leaves the apostrophe as it is.
            key.low |= Self.lowerCaseBits & Self.mask(word.bytes.count)
            key.high |= Self.lowerCaseBits & Self.mask(word.bytes.count - 8)
            return languages(of: key)
        }
        var lower = String(decoding: word.bytes, as: UTF8.self).lowercased()
        return lower.withUTF8 { lower in
            lower.count <= Self.wordBytesMax ? languages(of: Self.key(lower, 0..<lower.count)) : 0
        }
    }

    private func languages(of key: (low: UInt64, high: UInt64)) -> UInt16 {
        let hash = Self.hash(of: key)
        guard hashes[Int(hash >> 58)] >> (hash >> 52 & 63) & 1 == 1 else { return 0 }
        return slots[place(of: key)].languages
    }

    private static func hash(of key: (low: UInt64, high: UInt64)) -> UInt64 {
        (key.low ^ (key.high &* 0x9E37_79B9_7F4A_7C15)) &* 0xBF58_476D_1CE4_E5B9
    }

    /// The slot of a word, or the empty one where it would stand.
    private func place(of key: (low: UInt64, high: UInt64)) -> Int {
        var place = Int(truncatingIfNeeded: Self.hash(of: key) >> 53)
        while slots[place].low != 0, slots[place].low != key.low || slots[place].high != key.high {
            place = (place + 1) & (Self.slotCount - 1)
        }
        return place
    }

    /// A word's bytes, sixteen at most, as two numbers.
    private static func key(_ text: UnsafeBufferPointer<UInt8>, _ word: Range<Int>) -> (low: UInt64, high: UInt64) {
        let middle = min(word.lowerBound + 8, word.upperBound)
        return (
            ByteWord.load(text, from: word.lowerBound, to: middle),
            middle == word.upperBound ? 0 : ByteWord.load(text, from: middle, to: word.upperBound)
        )
    }

    private static let lowerCaseBits: UInt64 = 0x2020_2020_2020_2020

    /// All bits of so many bytes, of eight at most.
    private static func mask(_ count: Int) -> UInt64 {
        count >= 8 ? .max : count <= 0 ? 0 : 1 << UInt64(count * 8) - 1
    }

    private static let lists: [(language: String, words: String)] = [
        (
            "en",
            """
            the of and to in that is it for we our this with are be as on have will not by i you they from which has \
            but at their an can or all was been who more these would its there what so my do your were when than must
            """
        ),
        (
            "fr",
            """
            le la les de des du et à en un une que qui est dans pour nous notre nos ce cette ces pas sur avec au aux \
            il elle ils sont par plus ne se vous votre mais ou été avons ont leur leurs être comme a l d s qu
            """
        ),
        (
            "de",
            """
            der die das und in den von zu mit ist des dem nicht ein eine einen einem einer für auf wir sie es auch \
            sich dass daß im wird sind haben ich unsere unser als an bei nach aus oder werden hat aber diese dieser um
            """
        ),
        (
            "es",
            """
            el la los las de del y a en un una que es por para con no se su sus lo al nuestro nuestra nuestros más \
            como pero este esta estos hemos ha son nos sobre también muy ser todos entre desde cuando hay o
            """
        ),
        (
            "it",
            """
            il la le i gli lo di del della dei delle e a in un una che è per con non si da al alla nel nella sono \
            come più questo questa ma anche ha abbiamo nostro nostra loro ci o dal sulla essere
            """
        ),
        (
            "pt",
            """
            o a os as de do da dos das e em no na nos nas um uma que é por para com não se ao à mais como mas este \
            esta nosso nossa são foi também pelo pela muito ser temos seu sua ou
            """
        ),
        (
            "nl",
            """
            de het een en van in is dat op te voor met niet zijn we wij ons onze aan er om ook als bij maar door naar \
            die dit deze hebben heeft wordt worden uit over ik u of nog
            """
        ),
        (
            "cy",
            """
            y yr a ac i o yn mae ar am gan i'r o'r a'r yw bod fod hyn ein ni nhw eu mewn wedi sydd ond na nad fel hefyd \
            bydd gyda at er nid oes y'n sy'n i’r o’r a’r sy’n dros drwy roedd cael gwneud
            """
        ),
        (
            "ar",
            """
            في من على إلى أن إن التي الذي هذا هذه عن مع ما لا كل بين ذلك كما أو وقد قد لقد نحن لم لن كان كانت بعد حيث \
            وفي ومن وهو هو هي تلك وأن بأن لنا منا علينا ولا وهذا لهذه لهذا بما مما
            """
        ),
    ]
}
