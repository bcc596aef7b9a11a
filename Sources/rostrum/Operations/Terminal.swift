import Foundation

/// The terminal as a program that draws on the whole of it uses it: keys one by one, its size, pictures without flicker.
/// Made by one thread and used by it alone.
final class Terminal {
    /// A key that means something.
    enum Key: Equatable {
        case character(Character)
        case up, down, pageUp, pageDown
        /// The other end is gone.
        case closed
    }

    private let before: termios
    /// What was read and not taken yet.
    private var pending = ""

    /// Whether keys come from a terminal and pictures go to one.
    static var isThere: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 }

    /// Takes the terminal; nil when there is none.
    init?() {
        guard Self.isThere else { return nil }
        var state = termios()
        guard tcgetattr(STDIN_FILENO, &state) == 0 else { return nil }
        before = state
        // No echo, no line at a time; interrupts stay signals.
        state.c_lflag &= ~tcflag_t(ECHO | ICANON)
        tcsetattr(STDIN_FILENO, TCSANOW, &state)
        // Another screen, so that the old one is there again afterwards; no cursor.
        put("\u{1B}[?1049h\u{1B}[?25l")
    }

    /// Gives the terminal back as it was. Nothing may follow.
    func close() {
        put("\u{1B}[?25h\u{1B}[?1049l")
        var state = before
        tcsetattr(STDIN_FILENO, TCSANOW, &state)
    }

    /// Columns and lines as they are now.
    var size: (width: Int, height: Int) {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return (80, 24)
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Draws a picture over the last one: in one write, each line over its predecessor, so that nothing flickers. Text of
    /// others cannot steer the terminal.
    func draw(_ lines: [String]) {
        let clean = lines.map { line in
            String(String.UnicodeScalarView(line.unicodeScalars.filter { $0.properties.generalCategory != .control }))
        }
        // Terminals that know synchronised output show the picture at once; others ignore the marks.
        put(
            "\u{1B}[?2026h\u{1B}[H" + clean.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J\u{1B}[?2026l")
    }

    /// Waits for a key, at most so long; nil when none came, or the size changed.
    func key(within milliseconds: Int32) -> Key? {
        if pending.isEmpty {
            var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            guard poll(&input, 1, milliseconds) > 0 else { return nil }
            var bytes = [UInt8](repeating: 0, count: 64)
            let count = read(STDIN_FILENO, &bytes, bytes.count)
            guard count > 0 else { return .closed }
            pending = String(decoding: bytes[..<count], as: UTF8.self)
        }
        // A key that is held down comes several times at once.
        for (sequence, key) in Self.sequences where pending.hasPrefix(sequence) {
            pending.removeFirst(sequence.count)
            return key
        }
        return .character(pending.removeFirst())
    }

    private static let sequences: [(String, Key)] = [
        ("\u{1B}[A", .up), ("\u{1B}OA", .up), ("\u{1B}[B", .down), ("\u{1B}OB", .down), ("\u{1B}[5~", .pageUp),
        ("\u{1B}[6~", .pageDown),
    ]

    private func put(_ text: String) { try? FileHandle.standardOutput.write(contentsOf: Data(text.utf8)) }
}
