import Foundation
import SpeechFormats
import Speeches
import TestSupport
import Testing

/// Archives, files larger than memory should hold, and lines without number: a clear refusal each, and the rest goes on.
struct LargeInputTests {
    private func outcomes(_ input: ByteInput, bytesMax: Int = 1_000_000) -> [String] {
        do {
            return try FormatRegistry().reader(of: input, bytesMax: bytesMax, from: SourceContext(file: "in")).map {
                switch $0 {
                case .success(let speech): speech.body.joined(separator: "|")
                case .failure(let error): "\(error.file ?? "?"): \(error.code.rawValue)"
                }
            }
        } catch {
            return ["\(error.file ?? "?"): \(error.code.rawValue)"]
        }
    }

    private func outcomes(of file: String) -> [String] {
        guard let input = try? FileInput.open(file) else { return ["cannot be opened"] }
        return outcomes(input)
    }

    /// Makes a file with Python, whose tarfile and gzip are independent of what reads it here.
    private func made(_ script: String, _ body: (String) throws -> Void) throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "rostrum-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        let python = Process()
        python.executableURL = URL(filePath: "/usr/bin/env")
        python.arguments = ["python3", "-c", "import sys, io, tarfile, gzip, os\nout = sys.argv[1]\n" + script, file]
        try python.run()
        python.waitUntilExit()
        try #require(python.terminationStatus == 0)
        try body(file)
    }

    private static let add = """
        def add(tar, name, data, **more):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            for key, value in more.items(): setattr(info, key, value)
            tar.addfile(info, io.BytesIO(data))

        """

    @Test func anArchivesEntriesAreReadAndItsLinksRefused() throws {
        let script =
            Self.add + """
                with tarfile.open(out, 'w:gz') as tar:
                    add(tar, 'folder', b'', type=tarfile.DIRTYPE)
                    add(tar, 'folder/a.txt', b'First words.')
                    add(tar, '../../etc/escape.txt', b'Words of a name that leads out.')
                    add(tar, 'link', b'', type=tarfile.SYMTYPE, linkname='/etc/passwd')
                    add(tar, 'hard', b'', type=tarfile.LNKTYPE, linkname='folder/a.txt')
                    add(tar, 'device', b'', type=tarfile.CHRTYPE)
                    add(tar, 'inner.gz', gzip.compress(b'Never read.'))
                    add(tar, 'big.txt', b'x' * 2000000)
                    add(tar, 'b.jsonl', b'{"id":"1","text":"One."}\\n{"id":"2","text":"Two."}\\n')
                    add(tar, 'z.txt', b'Last words.')
                """
        try made(script) { file in
            #expect(
                outcomes(of: file) == [
                    "First words.", "Words of a name that leads out.", "in:link: format.unreadable",
                    "in:hard: format.unreadable", "in:device: format.unreadable", "in:inner.gz: format.unreadable",
                    "in:big.txt: format.too_large", "One.", "Two.", "Last words.",
                ])
        }
    }

    @Test func aGzipFileIsItsContent() throws {
        try made("open(out, 'wb').write(gzip.compress(b'Words that were packed.'))") { file in
            #expect(outcomes(of: file) == ["Words that were packed."])
        }
    }

    @Test func bombsAndBrokenArchivesAreRefused() throws {
        // Lines over the limit, so that what is unpacked is scanned and never parsed: 360 MiB in some 360 kB.
        let bomb = """
            with gzip.open(out, 'wb') as file:
                file.write(b'{"a":1}\\n' * 2)
                for _ in range(40): file.write(b'x' * 9437184 + b'\\n')
            """
        try made(bomb) { file in
            let all = outcomes(of: file)
            #expect(all.last == "in: format.too_large")
            #expect(all.count < 30)
        }
        // What is passed over is unpacked too: an archive in the archive is refused at its first bytes.
        let passedOver =
            Self.add + """
                with tarfile.open(out, 'w:gz') as tar:
                    add(tar, 'a.zip', b'PK\\x03\\x04' + bytes(400 << 20))
                    add(tar, 'b.txt', b'Words after it.')
                """
        try made(passedOver) { file in
            #expect(outcomes(of: file).last == "in: format.too_large")
        }
        try made("open(out, 'wb').write(gzip.compress(os.urandom(100000))[:50000])") { file in
            #expect(outcomes(of: file) == ["in: format.invalid"])
        }
        let layers = "data = b'words'\nfor _ in range(40): data = gzip.compress(data)\nopen(out, 'wb').write(data)"
        try made(layers) { file in
            #expect(outcomes(of: file).allSatisfy { $0.contains("format.") })
        }
    }

    @Test func aSparseFileOfTwoGigabytesIsRefusedUnread() throws {
        try made("open(out, 'wb').truncate(2 << 30)") { file in
            #expect(outcomes(of: file) == ["in: format.too_large"])
            let progress = ReadingProgress(total: 2 << 30)
            _ = try? FormatRegistry().reader(
                of: FileInput.open(file, counting: progress), bytesMax: 1_000_000, from: SourceContext())
            #expect(progress.bytes < 4 << 20)
        }
    }

    @Test func linesWithoutNumberStayBounded() {
        var left = 200_000
        let lines = ByteInput { () throws(FormatError) in
            guard left > 0 else { return nil }
            left -= 1
            return Array("{\"id\":\(left)}\n{\"text\":\"w\(left)\"}\n".utf8)
        }
        var (documents, refused) = (0, 0)
        do {
            for result in try FormatRegistry().reader(of: lines, bytesMax: 1_000, from: SourceContext()) {
                if case .success = result { documents += 1 } else { refused += 1 }
            }
        } catch {
            Issue.record(error)
        }
        #expect((documents, refused) == (200_000, 200_000))
        // As plain text such lines are refused before they become strings.
        let text = [UInt8](repeating: UInt8(ascii: "\n"), count: 1_000_000).flatMap { [UInt8(ascii: "a"), $0] }
        #expect(refusal(of: text)?.code == .tooLarge)
    }

    @Test func aLineThatIsTooLongIsSkipped() {
        let long = "{\"text\":\"" + String(repeating: "x", count: 9_000_000) + "\"}\n"
        let input = ByteInput(Array(("{\"text\":\"One.\"}\n" + long + "{\"text\":\"Two.\"}\n").utf8))
        #expect(outcomes(input, bytesMax: 100_000_000) == ["One.", "in: format.too_large", "Two."])
    }

    @Test func declarationsInXMLAreRefused() {
        let laughs = """
            <?xml version="1.0"?><!DOCTYPE TEI [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>
            <TEI xmlns="http://www.tei-c.org/ns/1.0"><text><body><u>&b;</u></body></text></TEI>
            """
        let outside = """
            <?xml version="1.0"?><!DOCTYPE TEI [<!ENTITY a SYSTEM "file:///etc/passwd">]>
            <TEI xmlns="http://www.tei-c.org/ns/1.0"><text><body><u>&a;</u></body></text></TEI>
            """
        let undeclared = "<TEI xmlns=\"http://www.tei-c.org/ns/1.0\"><text><body><u>&a;</u></body></text></TEI>"
        for xml in [laughs, outside, undeclared] { #expect(refusal(of: Array(xml.utf8))?.code == .invalid) }
        let utf16: [UInt8] = [0xFF, 0xFE] + laughs.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        #expect(refusal(of: utf16, SourceContext(format: .tei))?.code == .invalid)
    }

    /// The same words, whichever way their lines were cut.
    @Test func linesCutAtAWidthBecomeParagraphs() throws {
        let paragraphs = (0..<6).map { number in
            let words = (0..<40).map { "word\(($0 * 7 + number) % 23)" }
            return words.joined(separator: " ").capitalizedFirst + " ends \(number)."
        }
        func wrapped(_ text: String, _ width: Int) -> String {
            var lines = [""]
            for word in text.split(separator: " ") {
                if lines[lines.count - 1].count + word.count + 1 > width { lines.append("") }
                lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : " ") + word
            }
            return lines.joined(separator: "\n")
        }
        let plain = paragraphs.joined(separator: "\n")
        let blank = paragraphs.map { wrapped($0, 60) }.joined(separator: "\n\n")
        let indented = paragraphs.map { " " + wrapped($0, 60) }.joined(separator: " \n")
        for text in [plain, blank, indented] {
            let speech = try FormatRegistry().speeches(in: Array(text.utf8), from: SourceContext())[0]
            #expect(speech.body == paragraphs)
        }
    }
}

extension String {
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
