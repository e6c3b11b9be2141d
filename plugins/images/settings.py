"""What an office sets for its Images tab."""

from pydantic import BaseModel, Field


class ImagesSettings(BaseModel):
    """Each field has a default, so an office need not set anything."""

    show_documents: bool = Field(True, title="Show documents", description="PDFs in shared folders are shown beside X-rays and photos.")
