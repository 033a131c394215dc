"""Hugging Face: the logits of `Trainer.predict`, with a small vision transformer that is trained from nothing.

pip install 'querist[server]' 'transformers[torch]' scikit-learn
"""

import numpy as np
import querist
from sklearn.datasets import load_digits
from transformers import PrinterCallback, Trainer, TrainingArguments, ViTConfig, ViTForImageClassification

digits = load_digits()
images = digits.images[:, None].astype("float32") / 16
rows = [{"pixel_values": image, "labels": digit} for image, digit in zip(images, digits.target, strict=True)]
held_out, start, pool = np.split(np.random.default_rng(0).permutation(len(rows)), [500, 600])
sizes = {"image_size": 8, "patch_size": 2, "num_channels": 1, "hidden_size": 64, "intermediate_size": 128}
config = ViTConfig(num_hidden_layers=2, num_attention_heads=4, num_labels=10, **sizes)
quiet = {"save_strategy": "no", "report_to": "none", "disable_tqdm": True, "dataloader_pin_memory": False}
how = TrainingArguments("hugging-face", num_train_epochs=20, learning_rate=1e-3, per_device_train_batch_size=16, **quiet)

with querist.local() as client:  # or querist.connect("localhost:50051")
    campaign = querist.Campaign("hugging-face.campaign", labelled=len(start), most_labels=250)
    campaign.withdraw()  # a batch that an earlier run asked for and nobody labelled
    while True:
        known = [rows[row] for row in [*start, *campaign.labels]]
        trainer = Trainer(args=how, train_dataset=known, model_init=lambda: ViTForImageClassification(config))
        trainer.remove_callback(PrinterCallback)
        trainer.train()
        logits = trainer.predict(rows).predictions
        error = float((logits[held_out].argmax(1) != digits.target[held_out]).mean())
        print(f"{len(known)} labels: accuracy {1 - error:.3f}")
        about = {"error": error, "instances": len(held_out)}
        batch = campaign.select(client, logits=logits[pool], ids=pool, strategy="margin", count=50, **about)
        if batch.stop.verdict == "STOP":
            break
        campaign.record({row: int(digits.target[row]) for row in batch.ids})  # ask your annotators here
print(batch.stop.sentence)
