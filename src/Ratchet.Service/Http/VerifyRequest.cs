using System.Text;
using System.Text.Json;
using Ratchet.Service.Admission;
using Ratchet.Systems.Verification;

namespace Ratchet.Service.Http;

/// <summary>
/// A request of <c>/v1/verify</c>: <c>statement</c> and <c>proof</c>, optionally <c>id</c> and <c>reference</c> (a text, or JSON that is taken as its text), or
/// <c>items</c> with several such objects; and for all of them <c>with</c> (verifier) and <c>timeout</c> (seconds).
/// </summary>
internal sealed record VerifyRequest(string? With, IReadOnlyList<ProofItem> Items, bool IsBatch, TimeSpan? Timeout)
{
    /// <summary>Reads a body.</summary>
    /// <exception cref="RequestRefusedException">It is not of that form.</exception>
    public static VerifyRequest Read(ReadOnlySpan<byte> json, int most)
    {
        string? with = null;
        TimeSpan? timeout = null;
        List<Fields>? items = null;
        var single = new Fields();
        JsonFields.ReadBody(json, (ref reader, name) =>
        {
            switch (name)
            {
                case "with":
                    with = JsonFields.Text(ref reader, "\"with\"");
                    return true;
                case "timeout":
                    timeout = JsonFields.Seconds(ref reader, "\"timeout\"");
                    return true;
                case "items":
                    items = ReadItems(ref reader, most);
                    return true;
                default:
                    return single.Take(ref reader, name, "");
            }
        });
        if (items is null)
            return new(with, [single.Item(json, "The body", "1")], false, timeout);
        if (single.Any)
            throw new RequestRefusedException(400, "The body has \"items\" and an item of its own; one of them is enough.");
        if (items.Count == 0)
            throw JsonFields.Wrong("\"items\"", "is empty");
        var proofs = new ProofItem[items.Count];
        for (var i = 0; i < proofs.Length; i++)
            proofs[i] = items[i].Item(json, $"items[{i}]", $"{i + 1}");
        return new(with, proofs, true, timeout);
    }

    private static List<Fields> ReadItems(ref Utf8JsonReader reader, int most)
    {
        var items = new List<Fields>();
        JsonFields.ReadArray(ref reader, "\"items\"", most, (ref element, index) =>
        {
            var where = $"items[{index}]";
            var fields = new Fields();
            JsonFields.ReadObject(ref element, where, (ref value, name) => fields.Take(ref value, name, where + "."));
            items.Add(fields);
        });
        return items;
    }

    private sealed class Fields
    {
        private string? _id;
        private string? _statement;
        private string? _proof;
        private string? _reference;

        /// <summary>Where in the body a reference stands that is an array or an object.</summary>
        private Range? _structure;

        public bool Any => (_id ?? _statement ?? _proof ?? _reference) is not null || _structure is not null;

        public bool Take(ref Utf8JsonReader reader, string name, string where)
        {
            switch (name)
            {
                case "id":
                    _id = JsonFields.Identifier(ref reader, $"\"{where}id\"");
                    return true;
                case "statement":
                    _statement = JsonFields.Text(ref reader, $"\"{where}statement\"");
                    return true;
                case "proof":
                    _proof = JsonFields.Text(ref reader, $"\"{where}proof\"");
                    return true;
                case "reference" when reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject:
                    var start = (int)reader.TokenStartIndex;
                    reader.Skip();
                    _structure = start..(int)reader.BytesConsumed;
                    return true;
                case "reference":
                    _reference = JsonFields.Text(ref reader, $"\"{where}reference\"");
                    return true;
                default:
                    return false;
            }
        }

        public ProofItem Item(ReadOnlySpan<byte> body, string where, string id)
        {
            if (_statement is null || _proof is null)
                throw JsonFields.Wrong(where, "needs the texts \"statement\" and \"proof\"");
            var reference = _structure is { } range ? Encoding.UTF8.GetString(body[range]) : _reference;
            return new ProofItem { Id = _id ?? id, Statement = _statement, Proof = _proof, Reference = reference, Untrusted = true };
        }
    }
}
