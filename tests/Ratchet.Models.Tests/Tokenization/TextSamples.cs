using System.Text;
using Ratchet.Loop;

namespace Ratchet.Models.Tests.Tokenization;

/// <summary>Varied texts for comparing tokenizers: many scripts, code, emoji, white space, and what trips implementations up.</summary>
internal static class TextSamples
{
    private static readonly string[] Sentences =
    [
        "The quick brown fox didn't jump; it WASN'T sure they'd've let him, and I'LL bet you're right.",
        "Große Füße, naïve Cafés, déjà-vu, Ærøskøbing, İstanbul'da ışık, Kraków, Łódź, Dvořák.",
        "Привет, мир! Съешь же ещё этих мягких французских булок, да выпей чаю.",
        "Η γρήγορη αλεπού πηδάει πάνω από το σκυλί· ΣΊΣΥΦΟΣ.",
        "東京都は日本の首都です。ひらがな、カタカナ、漢字が混ざる文章。ＡＢＣ１２３ｶﾀｶﾅ",
        "人工智能正在改变世界，我们需要更好的分词器！繁體中文也要測試。",
        "안녕하세요, 세계! 한국어 띄어쓰기는 어렵습니다. ㅋㅋㅋ",
        "مرحبا بالعالم، هذا اختبارٌ للتشكيل. ١٢٣٤ שלום עולם, זה מִבְחָן",
        "नमस्ते दुनिया! यह हिन्दी का परीक्षण है। ১২৩ বাংলা தமிழ் తెలుగు ಕನ್ನಡ മലയാളം",
        "สวัสดีชาวโลก ภาษาไทยไม่มีช่องว่าง Xin chào thế giới, tiếng Việt có dấu",
        "Ἐν ἀρχῇ ἦν ὁ λόγος. Ⅷ ½ ²³ ℵ₀ ∀x∈ℝ: ⌈x⌉ = −⌊−x⌋ ∑∞ n→0 ≠ ≈ 𝛼𝛽𝛾 𝒜𝓑",
        "def f(x):\n    return [i ** 2 for i in range(x) if i % 2 == 0]  # squares\n",
        "for (int i = 0; i < n; ++i) { sum += a[i] * 0x1F; } // O(n)\r\n\tif (!ok) return -1;\r\n",
        "SELECT * FROM t WHERE name = 'O''Brien' AND id >= 10;\n<div class=\"a b\">&nbsp;</div>\n",
        "theorem t (p q : Prop) (hp : p) : p ∧ q ↔ q ∧ p := by\n  constructor <;> intro ⟨a, b⟩ <;> exact ⟨b, a⟩",
        "Lemma and_comm : forall A B, A /\\ B -> B /\\ A. Proof. intros A B [HA HB]. split; auto. Qed.",
        "https://example.org/a?b=c&d=%20e#frag user@example.com C:\\path\\to\\file.txt ~/.bashrc",
        "1234567890 3.14159 1e-10 1,000,000 2026-11-24T19:55:53Z +49 (0)30 123456",
        "{\"key\": [1, 2.5, null, true], \"nested\": {\"a\\n\": \"\\u00e9\"}}",
        "don't DON'T Don\u2019t 'S 's 'ſ 'RE 'Ve 'lL 'd'D''''m can''t o'clock",
        "camelCaseWordsAndHTTPServerNames snake_case_words SCREAMING_CASE kebab-case dotted.name",
        "!!!???...---___###$$$%%%^^^&&&***((()))[[[]]]{{{}}}<<<>>>|||\\\\\\///~~~```",
        "👍🏽👩‍👩‍👧‍👦🏳️‍🌈🇩🇪🇯🇵 😀😃 ❤️ ☃︎ ⚡ 🫠 1️⃣ 👨🏿‍💻 🤷‍♀️",
        "e\u0301 a\u0308\u0323 A\u030a \u212b \u2126 ﬁ ﬂ ½ ① \u1e9b\u0323 \u0344 가 \u1100\u1161\u11a8 \u0958 \u2adc",
    ];

    private static readonly string[] Oddities =
    [
        " ", "  ", "   ", "        ", "\t", "\n", "\n\n", "\r\n", "\r", " \n", "\n ", " \n \n ", "\u00a0", "\u3000", "\u2003", "\u2028", "\u0085", "\u200b", "\u200d", "\ufeff", "\u202e", "\v", "\f",
        "\0", "\u0001", "\u007f", "\ufffd", "\ud83d", "\udc00", "\ue000", "\U000e0041", "\U0010fffd", "\u2581", "\u2581\u2581", "a\u2581b", "Ġ", "Ċ", "<0x0A>", "<0xFF>", "##", "[UNK]", "[CLS]", "</w>",
        "<s>", "</s>", "<unk>", "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|eot_id|>", "<bos>", "<|begin_of_text|>", "<think>", "<｜User｜>", "<|im_start", "<|im_start|>user\n", " <s> ", "<table>", "<mask>",
        "'", "''", "\"", "'s", "'S", " 's", "'ll", "'LL", "'lL", "n't", "/", "//", " /", "\n/", "-", " -", "a", "A", "I", "ß", "ẞ", "ſ", "K", "ı", "ǅ", "ª", "ⓐ", "Ⓐ", "\u0300", "\u0301\u0300", "\ufe0f", "٣", "²", "㊿", "〇",
    ];

    // Assigned in every Unicode version of the last ten years, so that no two tables differ.
    private static readonly (int First, int Last)[] Ranges =
    [
        (0x20, 0x7e), (0xa1, 0x17f), (0x300, 0x34f), (0x391, 0x3a1), (0x3b1, 0x3c9), (0x400, 0x45f), (0x5d0, 0x5ea), (0x620, 0x65f), (0x905, 0x939), (0xe01, 0xe3a),
        (0x10d0, 0x10f0), (0x1100, 0x1112), (0x1161, 0x1175), (0x1e00, 0x1eff), (0x2010, 0x2027), (0x20a0, 0x20b0), (0x2100, 0x2138), (0x2190, 0x21ff), (0x2460, 0x24ff), (0x2580, 0x25ff), (0x3041, 0x3096), (0x30a1, 0x30fa),
        (0x4e00, 0x9fa5), (0xac00, 0xd7a3), (0xfb00, 0xfb06), (0xff01, 0xff5e), (0x10330, 0x1034a), (0x10400, 0x1044f), (0x1d400, 0x1d454), (0x1d7ce, 0x1d7ff), (0x1f600, 0x1f64f), (0x1f130, 0x1f149), (0x20000, 0x20050), (0x1f3fb, 0x1f3ff),
    ];

    /// <summary>The first texts of an endless list; always the same.</summary>
    public static IReadOnlyList<string> Take(int count)
    {
        var stream = RandomStream.FromSeed(41);
        var texts = new List<string>(count);
        texts.Add(string.Empty);
        texts.AddRange(Sentences);
        texts.AddRange(Oddities);
        for (var i = texts.Count; i < count; i++)
            texts.Add(Make(stream.Derive(i)));
        return texts.GetRange(0, count);
    }

    private static string Make(RandomStream stream)
    {
        var text = new StringBuilder();
        for (var parts = 1 + stream.NextInt(6); parts > 0; parts--)
        {
            switch (stream.NextInt(8))
            {
                case 0 or 1:
                    var sentence = Sentences[stream.NextInt(Sentences.Length)];
                    var start = stream.NextInt(sentence.Length);
                    var part = sentence.Substring(start, 1 + stream.NextInt(Math.Min(40, sentence.Length - start)));
                    text.Append(stream.NextInt(6) switch { 0 => part.ToUpperInvariant(), 1 => part.ToLowerInvariant(), _ => part });
                    break;
                case 2:
                    text.Append(' ').Append(Word(ref stream));
                    break;
                case 3:
                    text.Append(Word(ref stream)).Append(Oddities[stream.NextInt(Oddities.Length)]);
                    break;
                case 4 or 5:
                    text.Append(Oddities[stream.NextInt(Oddities.Length)]);
                    break;
                case 6:
                    var (first, last) = Ranges[stream.NextInt(Ranges.Length)];
                    for (var n = 1 + stream.NextInt(6); n > 0; n--)
                        text.Append(char.ConvertFromUtf32(first + stream.NextInt(last - first + 1)));
                    break;
                default:
                    var repeated = Oddities[stream.NextInt(Oddities.Length)];
                    for (var n = 1 + stream.NextInt(12); n > 0; n--)
                        text.Append(repeated);
                    break;
            }
        }

        return text.ToString();
    }

    private static string Word(ref RandomStream stream)
    {
        var letters = "etaoinshrdlucmfwypvbgkjqxzETAOINS0123456789_'-";
        var word = new char[1 + stream.NextInt(10)];
        for (var i = 0; i < word.Length; i++)
            word[i] = letters[stream.NextInt(stream.NextInt(4) == 0 ? letters.Length : 12)];
        return new string(word);
    }
}
