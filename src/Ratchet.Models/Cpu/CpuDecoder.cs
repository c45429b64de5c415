using Ratchet.Models.Kernels;

namespace Ratchet.Models.Cpu;

/// <summary>
/// Forward pass of a decoder on own kernels, float32 activations. Single-threaded inside: many threads may run one decoder at once, each with
/// its own work space. A row's result does not depend on the rows computed beside it.
/// </summary>
/// <remarks>
/// Architecture as in Hugging Face's Llama, Qwen 2 and Qwen 3: see <see cref="DecoderConfig"/>. The residual stream is the start value of the chain of
/// the projections that add to it. Owns native memory; dispose it.
/// </remarks>
public sealed unsafe class CpuDecoder : IDisposable
{
    private readonly Block[] _blocks;
    private readonly PackedMatrix _head;
    private readonly NativeBuffer<float> _embedding;
    private readonly NativeBuffer<float> _finalNorm;
    private readonly NativeBuffer<float> _cosines;
    private readonly NativeBuffer<float> _sines;
    private readonly int _queryWidth;
    private readonly int _keyWidth;
    private readonly float _scale;

    /// <summary>Packs the weights; they are copied.</summary>
    /// <exception cref="Runs.RatchetException">The shape is invalid, or only the tensor library computes it.</exception>
    public CpuDecoder(DecoderWeights weights, WeightPrecision precision = WeightPrecision.Float32)
    {
        ArgumentNullException.ThrowIfNull(weights);
        Config = weights.Config;
        Config.ThrowIfInvalid();
        Config.ThrowIfScalarHead();
        Config.ThrowIfNotOnOwnKernels();
        Precision = precision;
        _queryWidth = Config.Heads * Config.HeadSize;
        _keyWidth = Config.KeyValueHeads * Config.HeadSize;
        _scale = (float)(1 / Math.Sqrt(Config.HeadSize));
        var embedding = weights["model.embed_tokens.weight"];
        _embedding = Copy(embedding);
        _finalNorm = Copy(weights["model.norm.weight"]);
        _head = new PackedMatrix(Config.HiddenSize, precision, Config.TiedHead ? embedding : weights["lm_head.weight"]);
        var (cosines, sines) = RotaryTable.Create(Config, Config.MaxPositions);
        _cosines = Copy(cosines);
        _sines = Copy(sines);
        _blocks = new Block[Config.Layers];
        PackingThreads.ForEach([.. Enumerable.Range(0, Config.Layers)], Config.ParameterCount, i => _blocks[i] = new Block(weights, i, precision));
    }

    /// <summary>Shape of the model.</summary>
    public DecoderConfig Config { get; }

    /// <summary>How the matrices are held.</summary>
    public WeightPrecision Precision { get; }

    /// <summary>Packs other weights of the same shape in the place of the present ones. Nothing may run on the decoder meanwhile.</summary>
    /// <exception cref="ArgumentException">The shape differs.</exception>
    public void Load(DecoderWeights weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        if (weights.Config != Config)
            throw new ArgumentException("The weights have another shape than the decoder.", nameof(weights));
        weights["model.embed_tokens.weight"].CopyTo(_embedding.Span);
        weights["model.norm.weight"].CopyTo(_finalNorm.Span);
        _head.Pack(Config.TiedHead ? weights["model.embed_tokens.weight"] : weights["lm_head.weight"]);
        PackingThreads.ForEach([.. Enumerable.Range(0, Config.Layers)], Config.ParameterCount, i => _blocks[i].Load(weights, i));
    }

    /// <summary>Natural-log probability of each id after the first, by the full forward pass.</summary>
    /// <param name="ids">A sequence of at least one id.</param>
    /// <returns><c>ids.Count - 1</c> numbers.</returns>
    /// <exception cref="ArgumentException">The sequence is empty, longer than the model's positions, or has an id outside the vocabulary.</exception>
    public float[] Score(IReadOnlyList<int> ids)
    {
        ThrowIfUnusable(ids);
        using var pages = new KeyValuePages(Config);
        using var work = new DecoderWorkspace(Config, Math.Min(ids.Count, 64));
        return Score(ids, work, pages);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var block in _blocks)
            block.Dispose();
        _head.Dispose();
        _embedding.Dispose();
        _finalNorm.Dispose();
        _cosines.Dispose();
        _sines.Dispose();
    }

    internal float[] Score(IReadOnlyList<int> ids, DecoderWorkspace work, KeyValuePages pages)
    {
        var result = new float[ids.Count - 1];
        using var table = new PageTable(pages, Config.MaxPositions);
        Score(ids, table, 0, result.Length, result, work, pages);
        return result;
    }

    /// <summary>
    /// The same for sequences that begin with the same <paramref name="shared"/> ids: those are evaluated once, and the rest of many sequences together. The numbers are the same to the bit.
    /// </summary>
    internal float[][] Score(ReadOnlySpan<IReadOnlyList<int>> sequences, int shared, DecoderWorkspace work, KeyValuePages pages)
    {
        using var prefix = new PageTable(pages, Config.MaxPositions);
        var common = new float[shared - 1];
        Score(sequences[0], prefix, 0, common.Length, common, work, pages);

        var results = new float[sequences.Length][];
        var tables = new List<PageTable>();
        try
        {
            for (var first = 0; first < sequences.Length;)
            {
                // As many sequences as fill the rows of one pass; the last common id belongs to each of them, since what follows it differs.
                var (next, rows) = (first, 0);
                for (; next < sequences.Length; next++)
                {
                    var more = sequences[next].Count - shared;
                    if (next > first && rows + more > work.Rows)
                        break;
                    if (tables.Count == next - first)
                        tables.Add(new PageTable(pages, Config.MaxPositions));
                    tables[next - first].Share(prefix, common.Length);
                    results[next] = new float[sequences[next].Count - 1];
                    common.CopyTo(results[next], 0);
                    if (more > work.Rows)
                        Score(sequences[next], tables[next - first], common.Length, results[next].Length, results[next], work, pages);
                    else
                        Fill(work, tables[next - first], sequences[next], common.Length, more, rows);
                    rows += more;
                }

                if (rows <= work.Rows)
                {
                    Forward(work, pages, rows, 0, rows);
                    var row = 0;
                    for (var s = first; s < next; s++)
                    {
                        for (var i = common.Length; i < results[s].Length; i++, row++)
                            results[s][i] = LogProbability(work, row, sequences[s][i + 1]);
                    }
                }

                first = next;
            }
        }
        finally
        {
            foreach (var table in tables)
                table.Dispose();
        }

        return results;
    }

    /// <summary>Evaluates the ids of one sequence from a place on, and scores the id behind each.</summary>
    private void Score(IReadOnlyList<int> ids, PageTable table, int start, int end, float[] result, DecoderWorkspace work, KeyValuePages pages)
    {
        for (; start < end; start += work.Rows)
        {
            var rows = Math.Min(work.Rows, end - start);
            Fill(work, table, ids, start, rows);
            Forward(work, pages, rows, 0, rows);
            for (var i = 0; i < rows; i++)
                result[start + i] = LogProbability(work, i, ids[start + i + 1]);
        }
    }

    private float LogProbability(DecoderWorkspace work, int row, int id)
    {
        var logits = work.Logits + ((long)row * Config.VocabularySize);
        return RowKernels.LogProbability(logits, Config.VocabularySize, id, logits);
    }

    /// <summary>Puts some ids of one sequence into a work space as rows, from a row on, and makes room for them.</summary>
    internal static void Fill(DecoderWorkspace work, PageTable table, IReadOnlyList<int> ids, int start, int rows, int at = 0)
    {
        table.Reserve(start + rows);
        for (var i = 0; i < rows; i++)
        {
            work.Ids[at + i] = ids[start + i];
            work.Positions[at + i] = start + i;
            work.Pages[at + i] = table.Pointer;
        }
    }

    /// <summary>Throws when a sequence cannot be evaluated.</summary>
    internal void ThrowIfUnusable(IReadOnlyList<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        if (ids.Count == 0)
            throw new ArgumentException("The sequence is empty: it needs at least one id.", nameof(ids));
        if (ids.Count > Config.MaxPositions)
            throw new ArgumentException($"The sequence has {ids.Count} ids; the model has {Config.MaxPositions} positions.", nameof(ids));
        for (var i = 0; i < ids.Count; i++)
        {
            if ((uint)ids[i] >= (uint)Config.VocabularySize)
                throw new ArgumentException($"Id {ids[i]} at place {i} is outside the vocabulary of {Config.VocabularySize} ids.", nameof(ids));
        }
    }

    /// <summary>
    /// Evaluates rows. Rows of one sequence stand in ascending order; their pages have room. Logits are made for the rows from
    /// <paramref name="firstLogits"/> on.
    /// </summary>
    internal void Forward(DecoderWorkspace work, KeyValuePages pages, int rows, int firstLogits, int logits)
    {
        var c = Config;
        var qkvWidth = _queryWidth + (2 * _keyWidth);
        for (var i = 0; i < rows; i++)
            new Span<float>(_embedding.Pointer + ((long)work.Ids[i] * c.HiddenSize), c.HiddenSize).CopyTo(new Span<float>(work.Residual + ((long)i * c.HiddenSize), c.HiddenSize));

        for (var layer = 0; layer < _blocks.Length; layer++)
        {
            var block = _blocks[layer];
            Norm(work.Residual, block.InputNorm.Pointer, work.Normed, rows);
            block.QueriesKeysValues.Multiply(work.Normed, work.QueriesKeysValues, rows);
            for (var i = 0; i < rows; i++)
                Prepare(block, work.QueriesKeysValues + ((long)i * qkvWidth), work.Positions[i], work.Pages[i], pages, layer);
            for (var i = 0; i < rows; i++)
                Attend(work, i, pages, layer);
            block.Output.Multiply(work.Attended, work.Residual, rows, accumulate: true);

            Norm(work.Residual, block.FeedForwardNorm.Pointer, work.Normed, rows);
            block.GateUp.Multiply(work.Normed, work.GateUp, rows);
            for (var i = 0; i < rows; i++)
            {
                var gate = work.GateUp + (2L * i * c.FeedForwardSize);
                RowKernels.SiluMultiply(gate, gate + c.FeedForwardSize, c.FeedForwardSize, work.Activated + ((long)i * c.FeedForwardSize));
            }

            block.Down.Multiply(work.Activated, work.Residual, rows, accumulate: true);
        }

        if (logits == 0)
            return;
        Norm(work.Residual + ((long)firstLogits * c.HiddenSize), _finalNorm.Pointer, work.Normed, logits);
        _head.Multiply(work.Normed, work.Logits, logits);
    }

    private static NativeBuffer<float> Copy(float[] source)
    {
        var buffer = new NativeBuffer<float>(source.Length);
        source.CopyTo(buffer.Span);
        return buffer;
    }

    private void Norm(float* x, float* weight, float* y, int rows)
    {
        var n = Config.HiddenSize;
        for (var i = 0; i < rows; i++)
            RowKernels.RmsNorm(x + ((long)i * n), weight, n, Config.NormEpsilon, y + ((long)i * n));
    }

    /// <summary>Bias, norm and rotation of one row's queries and keys; keys and values go to their page.</summary>
    private void Prepare(Block block, float* row, int position, float** table, KeyValuePages pages, int layer)
    {
        var size = Config.HeadSize;
        if (block.Bias is not null)
            RowKernels.Add(block.Bias.Pointer, row, _queryWidth + (2 * _keyWidth));
        var cosines = _cosines.Pointer + ((long)position * size / 2);
        var sines = _sines.Pointer + ((long)position * size / 2);
        var heads = Config.Heads + Config.KeyValueHeads;
        for (var h = 0; h < heads; h++)
        {
            var x = row + (h * size);
            if (block.QueryNorm is not null)
                RowKernels.RmsNorm(x, h < Config.Heads ? block.QueryNorm.Pointer : block.KeyNorm!.Pointer, size, Config.NormEpsilon, x);
            RowKernels.Rotate(x, size, cosines, sines);
        }

        var page = table[position / RowKernels.BlockPositions] + ((long)layer * pages.LayerFloats);
        var slot = position % RowKernels.BlockPositions;
        var keys = row + _queryWidth;
        for (var h = 0; h < Config.KeyValueHeads; h++, page += pages.HeadFloats, keys += size)
        {
            RowKernels.StoreKey(keys, size, page, slot);
            new Span<float>(keys + _keyWidth, size).CopyTo(new Span<float>(page + ((RowKernels.BlockPositions + slot) * size), size));
        }
    }

    private void Attend(DecoderWorkspace work, int row, KeyValuePages pages, int layer)
    {
        var size = Config.HeadSize;
        var query = work.QueriesKeysValues + ((long)row * (_queryWidth + (2 * _keyWidth)));
        var output = work.Attended + ((long)row * _queryWidth);
        var group = Config.Heads / Config.KeyValueHeads;
        for (var h = 0; h < Config.Heads; h++)
        {
            nint keys = (layer * (nint)pages.LayerFloats) + (h / group * pages.HeadFloats);
            RowKernels.Attend(query + (h * size), size, work.Pages[row], keys, keys + (RowKernels.BlockPositions * size), work.Positions[row] + 1, _scale, work.Scores, output + (h * size));
        }
    }

    private sealed class Block : IDisposable
    {
        public Block(DecoderWeights weights, int index, WeightPrecision precision)
        {
            var c = weights.Config;
            var p = $"model.layers.{index}.";
            InputNorm = Copy(weights[p + "input_layernorm.weight"]);
            QueriesKeysValues = new PackedMatrix(c.HiddenSize, precision, weights[p + "self_attn.q_proj.weight"], weights[p + "self_attn.k_proj.weight"], weights[p + "self_attn.v_proj.weight"]);
            if (c.QkvBias)
                Bias = Copy([.. weights[p + "self_attn.q_proj.bias"], .. weights[p + "self_attn.k_proj.bias"], .. weights[p + "self_attn.v_proj.bias"]]);
            if (c.QkNorm)
            {
                QueryNorm = Copy(weights[p + "self_attn.q_norm.weight"]);
                KeyNorm = Copy(weights[p + "self_attn.k_norm.weight"]);
            }

            Output = new PackedMatrix(c.Heads * c.HeadSize, precision, weights[p + "self_attn.o_proj.weight"]);
            FeedForwardNorm = Copy(weights[p + "post_attention_layernorm.weight"]);
            GateUp = new PackedMatrix(c.HiddenSize, precision, weights[p + "mlp.gate_proj.weight"], weights[p + "mlp.up_proj.weight"]);
            Down = new PackedMatrix(c.FeedForwardSize, precision, weights[p + "mlp.down_proj.weight"]);
        }

        public void Load(DecoderWeights weights, int index)
        {
            var p = $"model.layers.{index}.";
            weights[p + "input_layernorm.weight"].CopyTo(InputNorm.Span);
            QueriesKeysValues.Pack(weights[p + "self_attn.q_proj.weight"], weights[p + "self_attn.k_proj.weight"], weights[p + "self_attn.v_proj.weight"]);
            if (Bias is not null)
                ((float[])[.. weights[p + "self_attn.q_proj.bias"], .. weights[p + "self_attn.k_proj.bias"], .. weights[p + "self_attn.v_proj.bias"]]).CopyTo(Bias.Span);
            if (QueryNorm is not null)
            {
                weights[p + "self_attn.q_norm.weight"].CopyTo(QueryNorm.Span);
                weights[p + "self_attn.k_norm.weight"].CopyTo(KeyNorm!.Span);
            }

            Output.Pack(weights[p + "self_attn.o_proj.weight"]);
            weights[p + "post_attention_layernorm.weight"].CopyTo(FeedForwardNorm.Span);
            GateUp.Pack(weights[p + "mlp.gate_proj.weight"], weights[p + "mlp.up_proj.weight"]);
            Down.Pack(weights[p + "mlp.down_proj.weight"]);
        }

        public NativeBuffer<float> InputNorm { get; }

        public NativeBuffer<float> FeedForwardNorm { get; }

        public NativeBuffer<float>? Bias { get; }

        public NativeBuffer<float>? QueryNorm { get; }

        public NativeBuffer<float>? KeyNorm { get; }

        public PackedMatrix QueriesKeysValues { get; }

        public PackedMatrix Output { get; }

        public PackedMatrix GateUp { get; }

        public PackedMatrix Down { get; }

        public void Dispose()
        {
            InputNorm.Dispose();
            FeedForwardNorm.Dispose();
            Bias?.Dispose();
            QueryNorm?.Dispose();
            KeyNorm?.Dispose();
            QueriesKeysValues.Dispose();
            Output.Dispose();
            GateUp.Dispose();
            Down.Dispose();
        }
    }
}
