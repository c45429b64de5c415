namespace Ratchet.Checkpoints;

/// <summary>
/// A trained model on disk: a folder in the Hugging Face layout (<c>config.json</c>, <c>model.safetensors</c>, tokenizer
/// files) with the optimizer's state and the manifest of the rows that it was trained on.
/// </summary>
/// <param name="Id">Identifier within the run, for example <c>round-2</c>.</param>
/// <param name="Folder">Folder that holds the files.</param>
/// <param name="WeightsHash">SHA-256 (hexadecimal) of <c>model.safetensors</c>.</param>
public sealed record Checkpoint(string Id, string Folder, string WeightsHash);
