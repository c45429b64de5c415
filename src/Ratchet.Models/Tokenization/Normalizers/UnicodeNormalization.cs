using System.Globalization;
using System.Text;

namespace Ratchet.Models.Tokenization.Normalizers;

/// <summary>
/// The four normal forms of Unicode Standard Annex 15. Own tables, because the runtime's globalization-invariant mode, which this project
/// uses so that results do not depend on the machine, leaves text unchanged. They are made by
/// <c>tests/Ratchet.Models.Tests/Reference/unicode_normalization.py</c>.
/// </summary>
internal static class UnicodeNormalization
{
    private const int HangulFirst = 0xAC00, HangulCount = 11172, LeadFirst = 0x1100, LeadCount = 19, VowelFirst = 0x1161, VowelCount = 21, TailFirst = 0x11A7, TailCount = 28;

    private static readonly Lazy<Tables> Loaded = new(Tables.Load);

    /// <summary>A text in a normal form; the text itself where it is in it already.</summary>
    public static string Normalize(string text, NormalizationForm form)
    {
        var compatibility = form is NormalizationForm.FormKC or NormalizationForm.FormKD;
        var compose = form is NormalizationForm.FormC or NormalizationForm.FormKC;

        // Below these characters nothing decomposes, and composition needs a mark, all of which lie above.
        var safe = compatibility ? '\u00a0' : compose ? '\u0300' : '\u00c0';
        if (text.AsSpan().IndexOfAnyExceptInRange('\0', (char)(safe - 1)) < 0)
            return text;
        var tables = Loaded.Value;
        if (form == NormalizationForm.FormC && !tables.MayChange(text))
            return text;
        var codes = new List<int>(text.Length + 8);
        foreach (var rune in text.EnumerateRunes())
            Decompose(tables, rune.Value, compatibility, codes);
        Order(tables, codes);
        if (compose)
            Compose(tables, codes);
        var result = new StringBuilder(codes.Count);
        Span<char> pair = stackalloc char[2];
        foreach (var code in codes)
            result.Append(pair[..new Rune(code).EncodeToUtf16(pair)]);
        return result.ToString();
    }

    private static void Decompose(Tables tables, int code, bool compatibility, List<int> codes)
    {
        if ((uint)(code - HangulFirst) < HangulCount)
        {
            var index = code - HangulFirst;
            codes.Add(LeadFirst + (index / (VowelCount * TailCount)));
            codes.Add(VowelFirst + (index % (VowelCount * TailCount) / TailCount));
            if (index % TailCount > 0)
                codes.Add(TailFirst + (index % TailCount));
        }
        else if (tables.Canonical.TryGetValue(code, out var parts) || (compatibility && tables.Compatibility.TryGetValue(code, out parts)))
        {
            foreach (var part in parts)
                Decompose(tables, part, compatibility, codes);
        }
        else
        {
            codes.Add(code);
        }
    }

    /// <summary>Puts each run of marks in the order of their classes; equal classes keep their order.</summary>
    private static void Order(Tables tables, List<int> codes)
    {
        for (var i = 1; i < codes.Count; i++)
        {
            var own = tables.Class(codes[i]);
            if (own == 0)
                continue;
            var at = i;
            while (at > 0 && tables.Class(codes[at - 1]) > own)
                at--;
            if (at == i)
                continue;
            var code = codes[i];
            codes.RemoveAt(i);
            codes.Insert(at, code);
        }
    }

    private static void Compose(Tables tables, List<int> codes)
    {
        var starter = -1;
        var lastClass = -1;
        var count = 0;
        foreach (var code in codes.ToArray())
        {
            var own = tables.Class(code);
            if (starter >= 0 && (lastClass < own || lastClass == -1) && Pair(tables, codes[starter], code) is { } composed)
            {
                codes[starter] = composed;
                continue;
            }

            if (own == 0)
            {
                starter = count;
                lastClass = -1;
            }
            else
            {
                lastClass = own;
            }

            codes[count++] = code;
        }

        codes.RemoveRange(count, codes.Count - count);
    }

    private static int? Pair(Tables tables, int first, int second)
    {
        if ((uint)(first - LeadFirst) < LeadCount && (uint)(second - VowelFirst) < VowelCount)
            return HangulFirst + ((((first - LeadFirst) * VowelCount) + second - VowelFirst) * TailCount);
        if ((uint)(first - HangulFirst) < HangulCount && (first - HangulFirst) % TailCount == 0 && second > TailFirst && second < TailFirst + TailCount)
            return first + second - TailFirst;
        return tables.Compositions.TryGetValue((first, second), out var composed) ? composed : null;
    }

    private sealed class Tables
    {
        private readonly Dictionary<int, byte> _classes = [];
        private readonly bool[] _mayChange = new bool[0x10000];
        private readonly HashSet<int> _mayChangeBeyond = [];

        public Dictionary<int, int[]> Canonical { get; } = [];

        public Dictionary<int, int[]> Compatibility { get; } = [];

        public Dictionary<(int First, int Second), int> Compositions { get; } = [];

        public static Tables Load()
        {
            using var stream = typeof(UnicodeNormalization).Assembly.GetManifestResourceStream(typeof(UnicodeNormalization), "UnicodeNormalization.txt")!;
            using var reader = new StreamReader(stream);
            var tables = new Tables();
            var excluded = new HashSet<int>();
            while (reader.ReadLine() is { } line)
            {
                var fields = line.Split(' ');
                switch (fields[0])
                {
                    case "#":
                        break;
                    case "c":
                        tables.AddClass((byte)Number(fields[1]), fields.AsSpan(2));
                        break;
                    case "x":
                        excluded.UnionWith(fields.Skip(1).Select(Number));
                        break;
                    default:
                        (fields[0] == "d" ? tables.Canonical : tables.Compatibility).Add(Number(fields[1]), [.. fields.Skip(2).Select(Number)]);
                        break;
                }
            }

            foreach (var (code, parts) in tables.Canonical)
            {
                if (excluded.Contains(code))
                    tables.Mark(code);
                else
                    tables.Compositions.Add((parts[0], parts[1]), code);
            }

            // What may be the second of a pair, or stand in the wrong order, makes a text worth a closer look.
            foreach (var (_, second) in tables.Compositions.Keys)
                tables.Mark(second);
            for (var code = VowelFirst; code < TailFirst + TailCount; code++)
                tables.Mark(code);
            return tables;
        }

        public int Class(int code) => code < 0x300 ? 0 : _classes.GetValueOrDefault(code);

        public bool MayChange(string text)
        {
            for (var i = 0; i < text.Length; i++)
            {
                if (_mayChange[text[i]] || (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]) && _mayChangeBeyond.Contains(char.ConvertToUtf32(text[i], text[i + 1]))))
                    return true;
            }

            return false;
        }

        private void AddClass(byte value, ReadOnlySpan<string> ranges)
        {
            foreach (var range in ranges)
            {
                var dash = range.IndexOf('-', StringComparison.Ordinal);
                var first = Number(dash < 0 ? range : range[..dash]);
                var last = dash < 0 ? first : Number(range[(dash + 1)..]);
                for (var code = first; code <= last; code++)
                {
                    _classes.Add(code, value);
                    Mark(code);
                }
            }
        }

        private void Mark(int code)
        {
            if (code < _mayChange.Length)
                _mayChange[code] = true;
            else
                _mayChangeBeyond.Add(code);
        }

        private static int Number(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }
}
