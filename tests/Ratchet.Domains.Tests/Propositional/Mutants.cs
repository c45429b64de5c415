using Ratchet.Loop;
using Ratchet.Tokenization;

namespace Ratchet.Domains.Tests.Propositional;

/// <summary>Proof texts damaged at random tokens.</summary>
internal static class Mutants
{
    public static string Mutate(ITokenizer tokenizer, string script, ref RandomStream stream)
    {
        var ids = tokenizer.Encode(script).ToList();
        for (var n = stream.NextInt(3); n >= 0 && ids.Count > 1; n--)
        {
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
        }

        return tokenizer.Decode(ids.ToArray());
    }
}
