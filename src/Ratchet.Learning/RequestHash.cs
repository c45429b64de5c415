using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Ratchet.Examples;
using Ratchet.Loop;

namespace Ratchet.Learning;

/// <summary>SHA-256 of everything that a training's result depends on. Threads and snapshot intervals are left out: they change nothing.</summary>
internal static class RequestHash
{
    /// <summary>Hash of a whole request.</summary>
    /// <param name="request">Request.</param>
    /// <param name="rowsHash">Hash of its rows, see <see cref="Rows"/>.</param>
    /// <param name="options">Options.</param>
    /// <param name="start">What the start weights come from: a hash, or the shape of fresh ones.</param>
    /// <param name="engine">Trainer and whatever else shapes the result.</param>
    public static string Of(LearningRequest request, string rowsHash, LearningOptions options, string start, string engine)
    {
        var adam = options.AdamW;
        FormattableString text = $"""
            ratchet supervised learning 1
            round {request.Round} epochs {request.Epochs:R} stream {request.Stream.Key:x} {request.Stream.Position}
            start {start}
            engine {engine} shards {options.Cpu.Shards} chunk {options.Cpu.ChunkTokens}
            batch {options.BatchTokens} rate {options.LearningRate:R} warm-up {options.WarmupSteps?.ToString() ?? "-"} {options.WarmupFraction:R} decay {options.Decay} {options.FinalFraction:R}
            adam {adam.Beta1:R} {adam.Beta2:R} {adam.Epsilon:R} {adam.WeightDecay:R} {adam.ClipNorm:R} keep {options.KeepOptimizer}
            rows {rowsHash}
            """;
        var whole = FormattableString.Invariant(text);
        if (options.Lora is { } lora)
            whole += FormattableString.Invariant($"\nlora {lora.Rank} {lora.Alpha:R} {lora.Dropout:R} {string.Join(' ', lora.Targets)} dora {lora.Dora} stabilized {lora.RankStabilized}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(whole)));
    }

    /// <summary>Hash of rows: identifiers, ids, targets, weights and lineage, in order.</summary>
    public static string Rows(IReadOnlyList<Example> rows)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var row in rows)
        {
            Text(hash, row.Id);
            Text(hash, row.ProblemId);
            Number(hash, row.AttemptIds.Count);
            foreach (var attempt in row.AttemptIds)
                Text(hash, attempt);
            Number(hash, row.TargetStart);
            Number(hash, BitConverter.SingleToInt32Bits(row.Weight));
            Number(hash, row.Ids.Count);
            foreach (var id in row.Ids)
                Number(hash, id);
            foreach (var span in row.Masked)
            {
                // No id is negative: rows without masks keep the hash that they had before there were masks.
                Number(hash, ~span.Start);
                Number(hash, ~span.End);
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Text(IncrementalHash hash, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Number(hash, bytes.Length);
        hash.AppendData(bytes);
    }

    private static void Number(IncrementalHash hash, int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        hash.AppendData(bytes);
    }
}
