using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Ratchet.Reports;

/// <summary>
/// A piece of a page that is safe to put into it. Made from interpolated strings: the literal parts are markup that we wrote,
/// every hole is escaped unless it is <see cref="Markup"/> itself. So text of users and models cannot become markup by
/// oversight; <see cref="Trusted"/>, for the style sheet, is the one other way.
/// </summary>
internal readonly record struct Markup
{
    private readonly string? _text;

    private Markup(string text) => _text = text;

    public static Markup Empty => default;

    public static Markup Of(Handler handler) => new(handler.ToText());

    /// <summary>Escaped text, for element content and for quoted attributes.</summary>
    public static Markup Text(string text)
    {
        var builder = new StringBuilder(text.Length + 16);
        Escape(builder, text);
        return new Markup(builder.ToString());
    }

    /// <summary>Markup that is a constant of this program; never text from anywhere else.</summary>
    public static Markup Trusted(string constant) => new(constant);

    public static Markup Join(IEnumerable<Markup> parts) => new(string.Concat(parts.Select(p => p._text)));

    public override string ToString() => _text ?? "";

    /// <summary>Also replaces what no page may hold (control characters, lone surrogates) by U+FFFD, so that the page stays well-formed.</summary>
    private static void Escape(StringBuilder builder, string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '&':
                    builder.Append("&amp;");
                    break;
                case '<':
                    builder.Append("&lt;");
                    break;
                case '>':
                    builder.Append("&gt;");
                    break;
                case '"':
                    builder.Append("&quot;");
                    break;
                case '\'':
                    builder.Append("&#39;");
                    break;
                case '\t' or '\n' or '\r':
                    builder.Append((char)rune.Value);
                    break;
                // Bidirectional controls could show a proof in another order than it was checked in.
                case < 0x20 or (>= 0x7F and < 0xA0) or 0xFFFE or 0xFFFF or (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069):
                    builder.Append('\uFFFD');
                    break;
                default:
                    builder.Append(rune);
                    break;
            }
        }
    }

    [InterpolatedStringHandler]
    internal ref struct Handler
    {
        private readonly StringBuilder _builder;

        public Handler(int literalLength, int formattedCount) => _builder = new StringBuilder(literalLength + (formattedCount * 12));

        public readonly void AppendLiteral(string value) => _builder.Append(value);

        public readonly void AppendFormatted(Markup value) => _builder.Append(value.ToString());

        public readonly void AppendFormatted(string? value) => Escape(_builder, value ?? "");

        public readonly void AppendFormatted(IEnumerable<Markup> values)
        {
            foreach (var value in values)
                _builder.Append(value.ToString());
        }

        public readonly void AppendFormatted<T>(T value, string? format = null)
            where T : IFormattable => Escape(_builder, value.ToString(format, CultureInfo.InvariantCulture));

        public readonly string ToText() => _builder.ToString();
    }
}
