using System.Security.Cryptography;
using System.Text;
using Ratchet.Checkpoints;
using Ratchet.Learning.Pretraining;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Recipes;
using Ratchet.Runs;

namespace Ratchet.Systems.EchoChamber;

/// <summary>
/// Base models by what they were made from: seed, problems, mixture, model and pretraining. The arms of a study that differ in what comes afterwards share one, in the study's folder
/// <c>shared</c>; a run by itself keeps its own. Several processes may ask for the same one: the first makes it, the others wait.
/// </summary>
internal sealed class PretrainedBase
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    private readonly EchoChamberWorld _world;
    private readonly string _folder;

    /// <summary>Finds the place of a run's base model.</summary>
    /// <param name="world">Run.</param>
    /// <param name="runFolder">Folder of the run.</param>
    public PretrainedBase(EchoChamberWorld world, string runFolder)
    {
        _world = world;
        var recipe = world.Recipe;
        var text = $"base 1 {recipe.Device} {world.Pretraining.Name}\n" + RecipeWriter.Write(new EchoChamberRecipe
        {
            Name = "base",
            Seed = recipe.Seed,
            Problems = recipe.Problems,
            Mixture = recipe.Mixture,
            Model = recipe.Model,
            Pretrain = recipe.Pretrain with { SnapshotSteps = 0 },
        });
        Key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..24];
        _folder = Path.Combine(Studies.StudyRunner.SharedFolderOf(runFolder), "base-" + Key);
    }

    /// <summary>Address: a hash of everything that the model depends on.</summary>
    public string Key { get; }

    /// <summary>Makes the model, or takes the one that is there, and puts a copy into the run.</summary>
    /// <param name="folder">Folder of the run's checkpoint.</param>
    /// <param name="note">Takes a message for the user.</param>
    /// <param name="progress">Hears of training steps, where the model is made here.</param>
    /// <param name="cancellationToken">Stops waiting or training; a snapshot stays.</param>
    /// <returns>The checkpoint, and tokens that were trained on here.</returns>
    public async Task<(Checkpoint Checkpoint, PretrainingManifest Manifest, long TrainedHere)> MakeAsync(string folder, Action<string> note, IProgress<LearningStep>? progress, CancellationToken cancellationToken)
    {
        long trained = 0;
        if (!Directory.Exists(folder))
        {
            var made = Path.Combine(_folder, "model");
            if (!File.Exists(Path.Combine(made, PretrainingManifest.FileName)))
            {
                Directory.CreateDirectory(_folder);
                using var held = await HoldAsync(note, cancellationToken);
                if (!File.Exists(Path.Combine(made, PretrainingManifest.FileName)))
                    trained = await TrainAsync(made, progress, cancellationToken);
            }

            Copy(made, folder);
        }

        return (CheckpointStore.Open(folder), PretrainingManifest.TryLoad(folder) ?? throw new RatchetException($"The base model in '{folder}' is damaged.", "Start a new run."), trained);
    }

    private async Task<long> TrainAsync(string made, IProgress<LearningStep>? progress, CancellationToken cancellationToken)
    {
        var corpus = new MixtureCorpus(_world);
        var text = Path.Combine(_folder, "text");
        corpus.Write(text);
        var sources = corpus.Open(text);
        long tokens;
        try
        {
            var mixture = new TokenMixture(sources, _world.Recipe.Model.MaxPositions, corpus.Windows, _world.Root.Derive("mixture"));
            var batch = corpus.WindowsPerStep * _world.Recipe.Model.MaxPositions;
            var result = await new Pretrainer(_world.Shape, _world.Tokenizer, _world.Pretraining.Options(batch), (weights, adamW, _) => _world.Pretraining.Open(weights, adamW)).TrainAsync(
                new PretrainingRequest { Mixture = mixture, WindowsPerStep = corpus.WindowsPerStep, Stream = _world.Root.Derive("pretrain"), Folder = made }, progress, cancellationToken);
            tokens = result.Tokens;
        }
        finally
        {
            foreach (var source in sources)
                source.Shards.Dispose();
        }

        // It can be written again from the seed at any time.
        Directory.Delete(text, recursive: true);
        return tokens;
    }

    /// <summary>Takes hold of the place; whoever dies lets go of it, so a wait ends with the life of the process that trains at the latest.</summary>
    private async Task<FileStream> HoldAsync(Action<string> note, CancellationToken cancellationToken)
    {
        var path = Path.Combine(_folder, "base.lock");
        for (var told = false; ;)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (e.HResult is 11 or 35 or unchecked((int)0x80070020))
            {
                if (!told)
                    note("Another run makes the same base model; this one waits for it.");
                told = true;
                await Task.Delay(Look, cancellationToken);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw RunFolder.Explain(e, $"'{path}' cannot be written");
            }
        }
    }

    private static void Copy(string from, string to)
    {
        var partial = to + ".partial";
        try
        {
            if (Directory.Exists(partial))
                Directory.Delete(partial, recursive: true);
            Directory.CreateDirectory(partial);
            foreach (var file in Directory.EnumerateFiles(from))
                File.Copy(file, Path.Combine(partial, Path.GetFileName(file)));
            Directory.Move(partial, to);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw RunFolder.Explain(e, $"The checkpoint '{to}' cannot be written");
        }
    }
}
