using System.Text.RegularExpressions;
using Ratchet.Loop;
using Ratchet.Tokenization;

namespace Ratchet.Domains.Tests.Propositional;

/// <summary>Proof texts damaged at random: half of the changes hit any token, half keep the text plausible so that some mutants are proofs.</summary>
internal static class Mutants
{
    private static readonly string[] Insertions =
    [
        "exfalso.", "split.", "left.", "right.", "assumption.", "contradiction.", "constructor.", "intros.", "intro.", "-", "+", "*", "{", "}", "intros h14.",
        "destruct h0.", "destruct h2.", "destruct h1 as [].", "assert (A).", "assert (A -> A) as h13.", "assert (h12 : ~ A).", "apply h0.", "apply h1.",
    ];

    public static string Mutate(ITokenizer tokenizer, string script, ref RandomStream stream)
    {
        for (var n = stream.NextInt(3); n >= 0; n--)
            script = stream.NextInt(2) == 0 ? MutateToken(tokenizer, script, ref stream) : MutateSentence(script, ref stream);
        return script;
    }

    private static string MutateToken(ITokenizer tokenizer, string script, ref RandomStream stream)
    {
        // A sentence mutation may have left words that the closed vocabulary lacks.
        var ids = tokenizer.Encode(script).ToList();
        if (ids.Count < 2)
            return script;
        var at = stream.NextInt(ids.Count);
        switch (stream.NextInt(5))
        {
            case 0:
                ids.RemoveAt(at);
                break;
            case 1:
                ids.Insert(at, ids[at]);
                break;
            case 2:
                var other = stream.NextInt(ids.Count);
                (ids[at], ids[other]) = (ids[other], ids[at]);
                break;
            case 3:
                ids[at] = ids[stream.NextInt(ids.Count)];
                break;
            default:
                ids[at] = stream.NextInt(tokenizer.VocabularySize);
                break;
        }

        return tokenizer.Decode(ids.ToArray());
    }

    private static string MutateSentence(string script, ref RandomStream stream)
    {
        var sentences = script.Split(". ").Select(s => s.TrimEnd('.') + ".").ToList();
        var at = stream.NextInt(sentences.Count);
        var sentence = sentences[at];
        switch (stream.NextInt(9))
        {
            case 0:
                sentences.RemoveAt(at);
                break;
            case 1:
                sentences.Insert(at, Insertions[stream.NextInt(Insertions.Length)]);
                break;
            case 2:
                var other = stream.NextInt(sentences.Count);
                (sentences[at], sentences[other]) = (sentences[other], sentence);
                break;
            case 3 or 4:
                sentences[at] = sentence.StartsWith("exact", StringComparison.Ordinal) ? "assumption."
                    : sentence.StartsWith("apply", StringComparison.Ordinal) ? sentence.Replace("apply", "destruct", StringComparison.Ordinal)
                    : sentence.StartsWith("split", StringComparison.Ordinal) ? "constructor."
                    : sentence.StartsWith("exfalso", StringComparison.Ordinal) ? "contradiction."
                    : sentence;
                break;
            case 5 or 6:
                sentences[at] = sentence.Replace("exact", "apply", StringComparison.Ordinal).Replace("[]", "", StringComparison.Ordinal).Replace("as .", ".", StringComparison.Ordinal);
                break;
            case 7 when sentence.Contains(" as ", StringComparison.Ordinal):
                sentences[at] = sentence[..sentence.IndexOf(" as ", StringComparison.Ordinal)] + (stream.NextInt(2) == 0 ? "." : " as [].");
                break;
            default:
                // Another hypothesis name everywhere in the sentence or the script.
                var from = $@"\bh{stream.NextInt(8)}\b";
                var to = $"h{stream.NextInt(10)}";
                if (stream.NextInt(2) == 0)
                    return Regex.Replace(script, from, to);
                sentences[at] = Regex.Replace(sentence, from, to);
                break;
        }

        return string.Join(' ', sentences);
    }
}
